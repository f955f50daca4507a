/* The Train page and the page of a run: one socket, one store, and every component started with what it needs. */

import { startComponents } from "../ui/component.js";
import { followConnection } from "../ui/connection.js";
import { find, readJson } from "../ui/dom.js";
import "../ui/tips.js";
import { connect } from "../wire/socket.js";
import { startRun } from "../run/run.js";
import { adopt } from "./adopt.js";
import { followSetup } from "./check.js";
import "./columns.js";
import "./data.js";
import "./estimator.js";
import "./layers.js";
import "./model.js";
import "./notes.js";
import "./palette.js";
import "./presets.js";
import "./preview.js";
import "./second_table.js";
import "./settings.js";
import "./split.js";
import "./steps.js";
import { store } from "./state.js";
import { specOf, targetOf } from "./store.js";
import { followTable } from "./table.js";
import "./target.js";
import "./toolbar.js";
import "./train_bar.js";
import { startVaryOpener } from "./vary_opener.js";
import "./watched.js";

const catalog = readJson("catalog");
const socket = connect("/ws/training/");
const setup = find("setup");
const tips = Object.fromEntries(
  [...setup.querySelectorAll(".settings .field[data-tip]")].map((field) => [
    field.querySelector("input, select").id,
    field.dataset.tip,
  ]),
);

store.send({ type: "beginner", on: setup.matches(".beginner") });

// A visitor who may not train: every check would be refused. Exported for those who wait until all is checked.
export const { settle } = document.body.hasAttribute("data-only-looks")
  ? { settle: async () => {} }
  : followSetup(store, socket);
const page = { store, socket, catalog, tips, settle, keepBeginner };

startComponents(page, find("train-page"));
followConnection(socket);
followTable(store, socket);
startVaryOpener(page, { button: find("vary-open"), setup, dialog: late("sweep-dialog") });
store.watch(
  ({ table }) => Boolean(table?.reading),
  async (isFromFile) => {
    if (!isFromFile) return;
    await import("./reading.js");
    late("import-panel").start(page);
  },
);

const run = startRun(find("run"), socket, readJson("page"), adopt);
find("train").addEventListener("click", train);

const openId = find("run").dataset.runId;
if (openId) {
  socket.on("error", (error, replyTo) => {
    if (!replyTo && error.event === "watchTraining") run.fail(error);
  });
  run.open(openId);
}

window.addEventListener("error", (event) =>
  socket.emit("frontendLog", { level: "error", message: String(event.message).slice(0, 2000) || "error" }),
);

async function train() {
  find("train").disabled = true;
  try {
    await settle();
    await run.launch(specOf(store.state.setup), targetOf(store.state) ?? "");
  } catch (/** @type {any} */ error) {
    run.refuse(error);
  } finally {
    find("train").disabled = false;
  }
}

/** A component whose module is loaded when it is first needed. @param {string} name @returns {any} */
function late(name) {
  return document.querySelector(name);
}

/** Kept with the visitor's other settings. @param {boolean} on */
async function keepBeginner(on) {
  const settings = connect("/ws/notifications/");
  try {
    await settings.request("updateUserSettings", { beginner_mode: on });
  } finally {
    settings.close();
  }
}
