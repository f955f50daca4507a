/* Two to six runs side by side: the page's beginning. Each run is described, then followed from its first event on. */

import { startChance } from "./chance.js";
import { showMetrics, showSettings } from "./compare_tables.js";
import { followConnection } from "../ui/connection.js";
import { announce, element, find } from "../ui/dom.js";
import { formatMetric, isActive, metricName, STATUS_NAMES, titleOf } from "../ui/headline.js";
import { startOverlay } from "./overlay.js";
import { connect } from "../wire/socket.js";

const MARKS = ["●", "■", "◆", "▲", "✖", "★"];

const socket = connect("/ws/training/");
const runs = JSON.parse(find("run-ids").textContent).map((id, place) => ({
  id,
  letter: "ABCDEF"[place],
  mark: MARKS[place],
  place,
  summary: null,
  spec: null, // as it was sent; as trained once there is a result
  auxiliary: null,
  epochs: [],
}));
const byId = new Map(runs.map((run) => [run.id, run]));
const overlay = startOverlay(runs);
const chance = startChance(socket, runs);

followConnection(socket);
socket.on("error", (error, replyTo) => !replyTo && error.event === "watchTraining" && showError(error));
socket.on("trainingProgress", ({ run_id, epochs }) => {
  byId.get(run_id)?.epochs.push(...epochs);
  if (!find("compared").hidden) overlay.draw();
});
socket.on("trainingCancelled", ({ run_id }) => end(run_id, { status: "cancelled" }));
socket.on("trainingResult", ({ run_id, success, message, auxiliary_outputs: auxiliary }) => {
  const run = byId.get(run_id);
  if (!run) return;
  if (success) Object.assign(run, { auxiliary, spec: { ...run.spec, ...auxiliary.spec } });
  const { metric = "", value, baseline } = auxiliary.headline ?? {};
  end(run_id, { status: success ? "succeeded" : "failed", message, metric, value, baseline });
});

async function start() {
  const described = await Promise.all(runs.map(({ id }) => socket.request("describeTraining", { run_id: id })));
  described.forEach(({ run: summary, spec }, place) => Object.assign(runs[place], { summary, spec }));
  draw();
  for (const { id } of runs) socket.watch(id);
}

function end(runId, changes) {
  const run = byId.get(runId);
  if (!run) return;
  const wasActive = isActive(run.summary);
  run.summary = { ...run.summary, ...changes };
  socket.unwatch(runId); // its files are none of this page's business
  if (wasActive) announce(`Run ${run.letter}: ${STATUS_NAMES[run.summary.status]}.`);
  draw();
}

/** All of it at once, so that nothing moves while the results arrive. */
function draw() {
  if (!runs.every(({ summary, auxiliary }) => auxiliary || summary.status !== "succeeded")) return;
  find("compared").hidden = false;
  find("legend").replaceChildren(...runs.map(legendOf));
  showCaution();
  showMetrics(runs);
  showSettings(runs);
  overlay.draw();
  chance.draw();
}

function legendOf({ letter, mark, place, summary }) {
  const { status, metric, value } = summary;
  const came = status === "succeeded" ? `${formatMetric(metric, value)} ${metricName(metric)}` : STATUS_NAMES[status];
  return element(
    "li",
    { className: `run-${place + 1}` },
    element("span", { className: "mark", "aria-hidden": "true" }, `${mark} `),
    element("strong", {}, `${letter}  `),
    element("a", { href: summary.url }, titleOf(summary)),
    element("small", {}, `${summary.model} on ${summary.data}`),
    summary.target ? element("small", {}, `Target: ${summary.target}`) : null,
    element("small", {}, came),
  );
}

/** Numbers on different rows are not the same question. */
function showCaution() {
  const differ = (valueOf) => new Set(runs.map(valueOf)).size > 1;
  const split = ({ spec }) => JSON.stringify([spec.seed, spec.test_size, spec.shuffle, spec.split ?? null]);
  let caution = "";
  if (differ(({ summary, spec }) => JSON.stringify([summary.data, summary.target || (spec.target ?? null), spec.problem_type ?? null]))) {
    caution = "They do not all predict the same column of the same table: their metrics cannot be compared.";
  } else if (differ(split)) {
    caution = "They were tested on different rows, since their split, seed or test set size differs: a small difference may be chance.";
  }
  find("caution").textContent = caution;
  find("caution").hidden = !caution || runs.some(({ auxiliary }) => !auxiliary);
}

function showError({ message, hint }) {
  find("compare-error").hidden = false;
  find("compare-error").replaceChildren(element("strong", {}, message), ` ${hint ?? ""}`);
  announce(message);
}

start().catch(showError);
