/* What this learner has earned, live: asked for whenever the socket opens, heard whenever it changes. */

import { connect } from "./socket.js";

/** `show(progress, news)` for all that has been earned; `news` says what was just earned, or is null. */
export function followEarnings(show) {
  const socket = connect("/ws/progress/");
  socket.on("userProgressUpdated", (told) => show(told.progress, told.questionID ? told : null));
  socket.on("open", async () => {
    try {
      show((await socket.request("getUserProgressData")).progress, null);
    } catch (error) {
      if (error.code !== "connection_lost") throw error; // after a loss, "open" comes again
    }
  });
  const offline = document.getElementById("offline");
  socket.on("closed", () => (offline.hidden = false));
  socket.on("open", () => (offline.hidden = true));
  return socket;
}
