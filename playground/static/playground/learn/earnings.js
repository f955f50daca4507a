/* What this learner has earned, live: asked for whenever the socket opens, heard whenever it changes. */

import { followConnection } from "../ui/connection.js";
import { connect } from "../wire/socket.js";

/** Calls `show(progress, news, total)`: what has been earned, what was just earned or null, and the points of all modules. */
export function followEarnings(show) {
  const socket = connect("/ws/progress/");
  socket.on("userProgressUpdated", (told) => show(told.progress, told.questionID ? told : null, told.totalPoints));
  socket.on("open", async () => {
    try {
      const { progress, totalPoints } = await socket.request("getUserProgressData");
      show(progress, null, totalPoints);
    } catch (error) {
      if (error.code !== "connection_lost") throw error; // after a loss, "open" comes again
    }
  });
  followConnection(socket);
  return socket;
}
