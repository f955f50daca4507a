/* Keeps what this learner has earned up to date: asked for whenever the socket opens, heard whenever it changes. */

import { followConnection } from "../ui/connection.js";
import { connect } from "../wire/socket.js";

/** Gives the socket. @param {ReturnType<typeof import("./store.js").createEarningsStore>} store */
export function followEarnings(store) {
  const socket = connect("/ws/progress/");
  socket.on("userProgressUpdated", (told) =>
    store.send({
      type: "earned",
      progress: told.progress,
      total: told.totalPoints,
      news: told.questionID ? told : null,
    }),
  );
  socket.on("labTried", (tried) => store.send({ type: "tried", tried }));
  socket.on("open", async () => {
    try {
      const { progress, totalPoints } = await socket.request("getUserProgressData");
      store.send({ type: "earned", progress, total: totalPoints, news: null });
    } catch (/** @type {any} */ error) {
      if (error.code !== "connection_lost") throw error; // after a loss, "open" comes again
    }
  });
  followConnection(socket);
  return socket;
}
