/* The run panel: progress, curves, stop, and what came of it. Everything comes from the run's events, live or replayed. */

import { DecisionBoundary } from "./boundary.js";
import { Curves } from "../ui/charts.js";
import { readClock, showProgressOf, startClock, stopClock } from "./clock.js";
import { offerCode, showLoading, startCode } from "./code.js";
import { diagnoseFailure, drawCards, settleCards } from "./diagnosis.js";
import { announce, element, find, formatNumber, formatSeconds, formatShare } from "../ui/dom.js";
import { adopt, patchSpec } from "./experiment.js";
import { clearFacts, showFacts, showTarget } from "./facts.js";
import { showFiles } from "./files.js";
import { clearInsights, endInsights, showInsights, startInsights } from "./insights.js";
import { showMailing, startMailing } from "./mailing.js";
import { settle } from "../train/model.js";
import { allowDelete, showName, startNaming } from "../ui/naming.js";
import { addToReplay, clearReplay, startReplay } from "./replay.js";
import { showOutcome, startResults } from "./results.js";
import { clearSound, endSound, hearEpochs, startSound } from "./sound.js";
import { toSpec } from "../train/state.js";
import { getTarget } from "../train/table.js";
import { showThreshold, startThreshold } from "./threshold.js";
import { offerTryIt, startTryIt } from "./tryit.js";

const page = JSON.parse(find("page").textContent); // { run, mail }: what the server knew

let socket = null;
let run = { run_id: null, name: "", own: false, spec: null };
let isLive = false; // it went on when this page came to it
let lastEpoch = 0;
let loss = null;
let accuracy = null;
let boundary = null;
let shownDiagnoses = []; // of the result, before the insights

export function startRun(trainingSocket) {
  socket = trainingSocket;
  loss = new Curves(find("loss-chart"), "Loss");
  accuracy = new Curves(find("accuracy-chart"), "Accuracy", true);
  boundary = new DecisionBoundary(socket);
  startReplay([loss, accuracy, boundary]);
  startSound();
  startResults();
  startThreshold();
  startInsights(socket);
  startTryIt(socket);
  startCode();
  startMailing(page.mail, () => run.run_id);
  startNaming(socket, showError);
  socket.on("trainingProgress", mine(showProgress));
  socket.on("trainingBoundary", mine((message) => boundary.add(message, isLive)));
  socket.on("trainingResult", mine(showResult));
  socket.on("trainingCancelled", mine(showCancelled));
  socket.on("trainingInsights", mine(showLeanings));
  socket.on("trainingArtifacts", mine(showArtifacts));
  find("train")?.addEventListener("click", train);
  find("stop").addEventListener("click", () => {
    find("stop").disabled = true;
    socket.emit("cancelTraining", { run_id: run.run_id });
  });
  window.addEventListener("popstate", () => window.location.reload());
}

/** Shows a run from its first event on. */
export function openRun(id) {
  reset(page.run?.run_id === id ? page.run : { run_id: id, name: "", own: false, spec: null });
  find("status").textContent = "Loading the run …";
  socket.watch(id, 0);
  find("run").scrollIntoView({ block: "start" });
}

const mine = (handler) => (data) => data.run_id === run.run_id && handler(data);

async function train() {
  find("train").disabled = true;
  try {
    await settle();
    await launch(toSpec());
  } catch (error) {
    reset({ run_id: null, name: "", own: false, spec: null });
    showFailure(error);
  } finally {
    find("train").disabled = false;
  }
}

async function launch(spec) {
  const { run_id, position } = await socket.request("runTraining", spec);
  reset({ run_id, name: spec.custom_model_name ?? "", own: true, spec, elapsed: 0, target: spec.target ?? getTarget() ?? "" });
  find("status").textContent = position > 1 ? `Waiting: ${position - 1} before this one.` : "Starting …";
  const lab = new URLSearchParams(window.location.search).get("lab"); // stays in sight, also after a reload
  window.history.pushState({}, "", `/runs/${run_id}/${lab === null ? "" : `?${new URLSearchParams({ lab })}`}`);
  find("run-title").focus({ preventScroll: true }); // the button that was pressed may be gone
  find("run").scrollIntoView({ block: "start" });
  announce("Training has started.");
}

/** What starts an experiment on the run that is shown; null where it cannot be repeated from here. */
function experimenting() {
  const { spec } = run;
  return spec && ((patch) => experiment(patchSpec(spec, patch)));
}

async function experiment(spec) {
  try {
    adopt(spec);
    await launch(spec);
  } catch (error) {
    showError(error);
  }
}

function reset(next) {
  if (run.run_id !== null) socket.unwatch(run.run_id);
  run = next;
  isLive = run.run_id !== null && !run.over;
  lastEpoch = 0;
  const hasRun = run.run_id !== null;
  startClock(run.elapsed ?? 0);
  showName(run);
  showTarget(run.target);
  clearFacts();
  loss.clear();
  accuracy.clear();
  clearReplay();
  boundary.clear();
  clearSound();
  find("run").hidden = false;
  find("stop").hidden = !hasRun;
  find("stop").disabled = false;
  find("progress").hidden = !hasRun;
  find("curves").classList.toggle("none", !hasRun);
  find("status").textContent = "";
  find("headline").textContent = "";
  find("sentence").textContent = "";
  find("failure").hidden = true;
  find("diagnosis").hidden = true;
  find("results").hidden = true;
  clearInsights();
  showLoading("");
  find("epoch-count").textContent = "0";
}

function showProgress(message) {
  const { epochs } = message;
  if (lastEpoch === 0 && !run.elapsed) startClock(epochs.reduce((total, row) => total + row.train_time, 0)); // it may have waited
  const isPoint = message.progress === 100 && epochs.at(-1).epoch === 1; // no curve
  find("curves").classList.toggle("none", isPoint);
  for (const row of isPoint ? [] : epochs) {
    loss.add(row.epoch, row.train_loss, row.test_loss, row.val_loss);
    accuracy.add(row.epoch, row.train_acc, row["val/test acc"]);
  }
  if (epochs[0].test_loss !== null) addToReplay(epochs);
  hearEpochs(epochs.map((row) => row.train_loss), isLive);
  const last = epochs.at(-1);
  lastEpoch = last.epoch;
  find("epoch-count").textContent = String(Number(find("epoch-count").textContent) + epochs.length);
  showProgressOf(message, isLive);
  showLatest(last);
}

/** The place of the headline is kept while the run goes on: it says how things stand. */
function showLatest({ test_loss: test, "val/test acc": right }) {
  if (right !== null) find("headline").replaceChildren(element("strong", {}, formatShare(right)), " accuracy on the test rows so far");
  else if (test !== null) find("headline").replaceChildren(element("strong", {}, formatNumber(test, 3)), " loss on the test rows so far");
}

function showResult(result) {
  endWith("");
  if (!result.success) {
    showFailure(result);
    return;
  }
  const count = result.dl_results.length;
  find("status").textContent = `Done after ${count.toLocaleString()} ${count === 1 ? "step" : "epochs"} in ${formatSeconds(spent(result))}.`;
  find("progress").value = 100;
  const { auxiliary_outputs: auxiliary } = result;
  if (run.spec) run.spec = { ...run.spec, seed: auxiliary.spec.seed };
  find("curves").classList.toggle("none", count === 1 || result.dl_results.every((row) => row.test_loss === null && row["val/test acc"] === null));
  find("results").hidden = false;
  showOutcome(run.run_id, auxiliary);
  showThreshold(auxiliary, experimenting());
  showTarget(auxiliary.target);
  showFacts(auxiliary);
  showDiagnoses(auxiliary.diagnosis ?? []);
  offerTryIt(run.run_id, run.spec, auxiliary);
  if (run.own) boundary.offer(run.run_id, auxiliary);
  offerCode(result.artifacts);
  showFiles(result.artifacts);
  showMailing(run.own && page.mail !== null);
  announce(auxiliary.sentence);
}

/** Seconds: by this page's clock, or of a run that was over before, by its own. */
const spent = ({ dl_results: rows }) => (isLive ? readClock() : (run.elapsed ?? rows.reduce((total, row) => total + row.train_time, 0)));

function showDiagnoses(diagnoses) {
  shownDiagnoses = diagnoses;
  find("diagnosis").hidden = diagnoses.length === 0;
  drawCards(find("diagnoses"), diagnoses, experimenting());
}

function showLeanings(insights) {
  showInsights(insights, experimenting());
  showDiagnoses(settleCards(shownDiagnoses, insights.diagnosis ?? []));
  showLoading(insights.loading ?? "");
  boundary.prefer(insights.feature_importance.map(({ column }) => column));
}

function showArtifacts({ artifacts }) {
  showFiles(artifacts);
  offerCode(artifacts);
  endInsights();
}

function showCancelled() {
  endWith(`Stopped after ${lastEpoch} epochs.`);
  announce("Training was stopped.");
}

function endWith(status) {
  stopClock();
  endSound();
  find("stop").hidden = true;
  find("status").textContent = status;
  allowDelete(true);
}

function showFailure(error) {
  if (run.run_id === null) endWith("It was not started.");
  else endWith(lastEpoch ? `Failed after ${lastEpoch.toLocaleString()} ${lastEpoch === 1 ? "epoch" : "epochs"}.` : "It failed.");
  find("headline").textContent = "";
  find("curves").classList.toggle("none", lastEpoch === 0);
  showError(error);
  showDiagnoses(run.run_id === null ? [] : diagnoseFailure(error, run.spec));
}

function showError({ message, hint }) {
  find("failure").hidden = false;
  find("failure").replaceChildren(element("strong", {}, message), ` ${hint ?? ""}`);
  announce(message);
}

export const showRunError = showFailure;
