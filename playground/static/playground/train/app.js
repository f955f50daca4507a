/* The page's beginning: one socket, and each part started with what it needs. */

import { adopt } from "./adopt.js";
import { startData } from "./data.js";
import { followConnection } from "../ui/connection.js";
import { find, readJson } from "../ui/dom.js";
import { settle, startModel } from "./model.js";
import { startRun } from "../run/run.js";
import { startSettings } from "./settings.js";
import { connect } from "../wire/socket.js";
import { startSplit } from "./split.js";
import "../ui/tips.js";
import { toSpec } from "./state.js";
import { getTarget } from "./table.js";
import { startToolbar } from "./toolbar.js";
import { startVaryOpener } from "./vary_opener.js";
import { startWatched } from "./watched.js";

const catalog = JSON.parse(find("catalog").textContent);
const socket = connect("/ws/training/");

followConnection(socket);

startSettings(catalog);
startModel(socket, catalog);
startData(socket, catalog);
startSplit(socket);
startWatched();
startToolbar();
startVaryOpener(socket, catalog);

const run = startRun(find("run"), socket, readJson("page"), adopt);
find("train").addEventListener("click", train);

async function train() {
  find("train").disabled = true;
  try {
    await settle();
    await run.launch(toSpec(), getTarget() ?? "");
  } catch (error) {
    run.refuse(error);
  } finally {
    find("train").disabled = false;
  }
}

const openId = find("run").dataset.runId;
if (openId) {
  socket.on("error", (error, replyTo) => {
    if (!replyTo && error.event === "watchTraining") run.fail(error);
  });
  run.open(openId);
}

window.addEventListener("error", (event) => socket.emit("frontendLog", { level: "error", message: String(event.message).slice(0, 2000) || "error" }));
