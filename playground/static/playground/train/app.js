/* The page's beginning: one socket, and each part started with what it needs. */

import { startData } from "./data.js";
import { followConnection } from "../ui/connection.js";
import { find } from "../ui/dom.js";
import { startModel } from "./model.js";
import { openRun, showRunError, startRun } from "../run/run.js";
import { startSettings } from "./settings.js";
import { startShareButton } from "../run/share.js";
import { connect } from "../wire/socket.js";
import { startSplit } from "./split.js";
import { startTips } from "../ui/tips.js";
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
startTips();
startVaryOpener(socket, catalog);
startRun(socket);
startShareButton(socket);

const openId = find("run").dataset.runId;
if (openId) {
  socket.on("error", (error, replyTo) => {
    if (!replyTo && error.event === "watchTraining") showRunError(error);
  });
  openRun(openId);
}

window.addEventListener("error", (event) => socket.emit("frontendLog", { level: "error", message: String(event.message).slice(0, 2000) || "error" }));
