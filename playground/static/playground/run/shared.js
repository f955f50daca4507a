/* A run that somebody shares by a link: looked at, and its setup taken over. The token opens this run and nothing else. */

import { followConnection } from "../ui/connection.js";
import { find } from "../ui/dom.js";
import { reuse } from "../train/reuse.js";
import { openRun, showRunError, startRun } from "./run.js";
import { connect } from "../wire/socket.js";

const token = JSON.parse(find("token").textContent);
const { runId } = find("run").dataset;
const socket = connect("/ws/training/", { token });

followConnection(socket);
socket.on("error", (error, replyTo) => {
  if (replyTo || error.event !== "watchTraining") return;
  socket.unwatch(runId); // the link may have been taken back: it would be asked for again after each reconnect
  showRunError(error);
});

startRun(socket);
openRun(runId);

find("use-setup").addEventListener("click", async () => {
  try {
    await reuse(socket, { run_id: runId, token });
  } catch (error) {
    showRunError(error);
  }
});
