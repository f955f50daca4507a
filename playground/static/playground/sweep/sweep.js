/* The page of a sweep: its scores as they come, the best of them in a sentence, and each combination as a setup or a run. */

import { announce, element, find } from "../ui/dom.js";
import { formatMetric, wordFor } from "../ui/headline.js";
import { namePlace, writeValues } from "../ui/places.js";
import { useSpec } from "../train/reuse.js";
import { startSweepChart } from "./sweep_chart.js";
import { SweepTable } from "./sweep_table.js";
import { showError, startTask } from "./task.js";
import { keepForLater } from "../train/vary_again.js";
import { addScore, baselineOf, formatGap, makeTrials, meanOf, rank, spreadOf } from "./trials.js";

const page = JSON.parse(find("page").textContent); // { run, paths, seeds, combinations }
const { spec } = page.run;
const layers = spec?.user_arch ?? [];
const trials = makeTrials(page);
const axes = page.paths.map((path) => ({ path, name: namePlace(path, layers) }));
const name = (trial) => writeValues(trial.values);
const table = new SweepTable({ trials, axes, name, openRun: spec && openRun, useSetup: spec && useSetup });
const chart = startSweepChart({ trials, axes });
let waiting = false;
let result = null; // once it is over, and was not stopped

const socket = startTask(page, {
  ends: "sweepResult",
  onScores(scores) {
    for (const score of scores) addScore(trials, score);
    drawSoon();
  },
  onEnd(came) {
    result = came;
    const order = result?.combinations.map(({ combination }) => trials[combination]) ?? rank(trials);
    table.end(order);
    draw();
    if (result) tellBest(order, result);
  },
});

function drawSoon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

function draw() {
  const [best] = rank(trials);
  const { metric } = best;
  table.draw(meanOf(best) === null ? null : best);
  if (!metric) return;
  chart.draw(metric);
  if (result) return;
  find("headline").replaceChildren(element("strong", {}, formatMetric(metric, meanOf(best))), ` ${wordFor(metric)} with ${name(best)}: the best so far.`);
}

/** The best, and whether its gap to the next is significant. */
function tellBest(order, { lead, combinations: [{ test_mean: test }] }) {
  const [best, next] = order;
  const { metric } = best;
  const average = best.seeds.length > 1 ? "on average " : "";
  const among = order.length > 1 ? `: the best of ${order.length}` : "";
  find("headline").replaceChildren(element("strong", {}, formatMetric(metric, meanOf(best))), ` ${wordFor(metric)} ${average}with ${name(best)}${among}.`);
  find("sentence").textContent = [tellTest(best, test), next ? tellNext(best, next, lead) : tellSpread(best), tellBaseline(best)].filter(Boolean).join(" ");
  announce(`${find("headline").textContent} ${find("sentence").textContent}`);
}

/** Scores that choose are not those that the chosen one is judged by. Sweeps of earlier versions have none of these. */
const tellTest = (best, test) => (test === null || test === undefined ? "" : `On the test set, which was not used to choose, it has ${formatMetric(best.metric, test)}.`);

function tellNext(best, next, lead) {
  if (meanOf(next) === null) return "";
  const second = `The next, ${name(next)}, has ${formatMetric(next.metric, meanOf(next))}`;
  if (!lead) return best.seeds.length > 1 ? `${second}. Some trainings failed, so it cannot be told whether the gap is chance.` : `${second}. With one training each, such a gap may be chance: use three seeds or more.`;
  if (lead.gain === 0) return `${second}, too: either will do.`;
  const gap = `${formatGap(best.metric, lead.gain)}, give or take ${formatGap(best.metric, lead.margin)}`;
  if (lead.distinguishable) return `${second}. The gap is significant: ${gap}.`;
  return `${second}. The gap may be chance: it is ${gap}. ${best.seeds.length < 5 ? "More seeds would tell more surely." : "Either will do."}`;
}

/** Of a single setup, which only seeds vary. */
function tellSpread(best) {
  const spread = spreadOf(best);
  return spread === null ? "" : `From seed to seed it differs by about ${formatGap(best.metric, spread)}: that much is chance.`;
}

function tellBaseline(best) {
  const baseline = baselineOf(best);
  if (baseline === null) return "";
  const better = meanOf(best) > baseline ? "" : " None of them does better than that.";
  return `The baseline has ${formatMetric(best.metric, baseline)}.${better}`;
}

function specOf(trial) {
  const { custom_model_name: _, ...rest } = { ...spec, ...trial.changes }; // a name is the sweep's own
  return rest;
}

async function openRun(trial, seed, button) {
  button.disabled = true;
  try {
    const { run_id } = await socket.request("runTraining", { ...specOf(trial), seed });
    window.location.assign(`/runs/${run_id}/`);
  } catch (error) {
    button.disabled = false;
    showError(error);
    find("failure").scrollIntoView({ block: "center" });
  }
}

function useSetup(trial) {
  const { seed, ...rest } = specOf(trial);
  useSpec(trial.seeds.length > 1 ? rest : { ...rest, seed });
}

/** Opens the Train page with what was tried, for other values or more seeds. */
function tryAgain() {
  const values = (path) => [...new Map(trials.map((trial) => [JSON.stringify(trial.values[path]), trial.values[path]])).values()];
  keepForLater(Object.fromEntries(page.paths.map((path) => [path, values(path)])), page.seeds.length);
  const { seed, ...rest } = spec;
  useSpec({ ...rest, seed: page.seeds.length > 1 ? undefined : seed });
}

find("try-again").hidden = !spec;
find("try-again").addEventListener("click", tryAgain);
draw();
