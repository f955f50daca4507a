/* A run that somebody shares by a link: looked at, and its setup taken over. The token opens this run and nothing else. */

import { reuse } from "../train/reuse.js";
import { followConnection } from "../ui/connection.js";
import { find, readJson } from "../ui/dom.js";
import { connect } from "../wire/socket.js";
import { startRun } from "./run.js";

const token = readJson("token");
const { runId } = find("run").dataset;
const socket = connect("/ws/training/", { token });
const run = startRun(find("run"), socket, { ...readJson("page"), showsRows: false });

followConnection(socket);
socket.on("error", (error, replyTo) => {
  if (replyTo || error.event !== "watchTraining") return;
  socket.unwatch(runId); // the link may have been removed: it would be asked for again after each reconnect
  run.fail(error);
});
run.open(runId);

find("use-setup").addEventListener("click", () => reuse(socket, { run_id: runId, token }).catch(run.fail));
