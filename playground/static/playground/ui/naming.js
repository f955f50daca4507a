/* What an owner does with a run that is kept: another name, or away with it. Called by the run panel. */

import { announce, find } from "./dom.js";

let socket = null;
let runId = null;
let name = "";
let untitled = ""; // what it is called without a name

export function startNaming(trainingSocket, showError) {
  socket = trainingSocket;
  find("rename").addEventListener("click", () => {
    find("rename-name").value = name;
    find("rename-dialog").returnValue = "";
    find("rename-dialog").showModal();
  });
  find("delete").addEventListener("click", () => {
    find("delete-dialog").returnValue = "";
    find("delete-dialog").showModal();
  });
  find("rename-form").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== find("rename-name")) return;
    event.preventDefault(); // or else the first button, which cancels, would be pressed
    find("rename-dialog").close("ok");
  });
  find("rename-dialog").addEventListener(
    "close",
    () => find("rename-dialog").returnValue === "ok" && rename(showError),
  );
  find("delete-dialog").addEventListener(
    "close",
    () => find("delete-dialog").returnValue === "ok" && remove(showError),
  );
}

/** `own`: whether it is this visitor's. `title` stands for a run without a name. */
export function showName(run) {
  runId = run.run_id;
  name = run.name;
  untitled = run.title || "The run";
  find("run-title").textContent = run.name || untitled;
  find("run-tools").hidden = !run.own;
  allowDelete(false);
}

/** Only a run that is over can be deleted. */
export function allowDelete(isOver) {
  find("delete").disabled = !isOver;
  find("delete").title = isOver ? "" : "Stop it first; then it can be deleted.";
}

async function rename(showError) {
  try {
    ({ name } = await socket.request("renameTraining", { run_id: runId, name: find("rename-name").value }));
    find("run-title").textContent = name || untitled;
    announce(name ? `It is now called ${name}.` : "It has no name now.");
  } catch (error) {
    showError(error);
  }
}

async function remove(showError) {
  try {
    await socket.request("deleteTraining", { run_id: runId });
    window.location.assign("/");
  } catch (error) {
    showError(error);
  }
}
