/* The run panel: progress, curves, stop, and what came of it. Everything comes from the run's events, live or replayed. */

import { Curves } from "./charts.js";
import { announce, element, find, formatBytes, formatSeconds } from "./dom.js";
import { hideInsights, showInsights, startInsights } from "./insights.js";
import { settle } from "./model.js";
import { showOutcome, startResults } from "./results.js";
import { toSpec } from "./state.js";

let socket = null;
let runId = null;
let lastEpoch = 0;
let loss = null;
let accuracy = null;

export function startRun(trainingSocket) {
  socket = trainingSocket;
  loss = new Curves(find("loss-chart"), "Loss");
  accuracy = new Curves(find("accuracy-chart"), "Accuracy", true);
  startResults();
  startInsights(socket);
  socket.on("trainingProgress", mine(showProgress));
  socket.on("trainingResult", mine(showResult));
  socket.on("trainingCancelled", mine(showCancelled));
  socket.on("trainingInsights", mine(showInsights));
  socket.on("trainingArtifacts", mine(({ artifacts }) => showArtifacts(artifacts)));
  find("train")?.addEventListener("click", train);
  find("stop").addEventListener("click", () => {
    find("stop").disabled = true;
    socket.emit("cancelTraining", { run_id: runId });
  });
  window.addEventListener("popstate", () => window.location.reload());
}

/** Shows a run from its first event on. */
export function openRun(id) {
  reset(id);
  find("status").textContent = "Loading the run …";
  socket.watch(id, 0);
}

const mine = (handler) => (data) => data.run_id === runId && handler(data);

async function train() {
  find("train").disabled = true;
  try {
    await settle();
    const { run_id, position } = await socket.request("runTraining", toSpec());
    reset(run_id);
    find("status").textContent = position > 1 ? `Waiting: ${position - 1} before this one.` : "Starting …";
    window.history.pushState({}, "", `/runs/${run_id}/`);
    find("run").scrollIntoView({ block: "start" });
    announce("Training has started.");
  } catch (error) {
    reset(null);
    showFailure(error);
  } finally {
    find("train").disabled = false;
  }
}

function reset(id) {
  if (runId !== null) socket.unwatch(runId);
  runId = id;
  lastEpoch = 0;
  loss.clear();
  accuracy.clear();
  find("run").hidden = false;
  find("stop").hidden = id === null;
  find("stop").disabled = false;
  find("progress").value = 0;
  find("progress").hidden = id === null;
  find("status").textContent = "";
  find("failure").hidden = true;
  find("results").hidden = true;
  hideInsights();
  find("epoch-count").textContent = "0";
}

function showProgress({ epochs, progress, eta_seconds }) {
  for (const row of epochs) {
    loss.add(row.epoch, row.train_loss, row.test_loss);
    accuracy.add(row.epoch, row.train_acc, row["val/test acc"]);
  }
  lastEpoch = epochs.at(-1).epoch;
  find("epoch-count").textContent = String(Number(find("epoch-count").textContent) + epochs.length);
  find("progress").value = progress;
  const left = eta_seconds && progress < 100 ? `, about ${formatSeconds(eta_seconds)} left` : "";
  find("status").textContent = `Epoch ${lastEpoch}${left}`;
}

function showResult(result) {
  find("stop").hidden = true;
  find("progress").hidden = true;
  if (!result.success) {
    showFailure(result);
    return;
  }
  find("status").textContent = `Done after ${result.dl_results.length} ${result.dl_results.length === 1 ? "step" : "epochs"}.`;
  find("results").hidden = false;
  showOutcome(runId, result.auxiliary_outputs);
  showArtifacts(result.artifacts);
  announce(result.auxiliary_outputs.sentence);
}

function showArtifacts(artifacts) {
  find("artifacts").replaceChildren(
    ...artifacts.map(({ name, size, url }) =>
      element("li", {}, element("a", { href: url, download: name }, name), element("small", {}, size === null ? " being built …" : ` ${formatBytes(size)}`)),
    ),
  );
}

function showCancelled() {
  find("stop").hidden = true;
  find("progress").hidden = true;
  find("status").textContent = `Stopped after ${lastEpoch} epochs.`;
  announce("Training was stopped.");
}

function showFailure({ message, hint }) {
  find("stop").hidden = true;
  find("progress").hidden = true;
  find("status").textContent = "";
  find("failure").hidden = false;
  find("failure").replaceChildren(element("strong", {}, message), ` ${hint ?? ""}`);
  announce(message);
}

export const showRunError = showFailure;
