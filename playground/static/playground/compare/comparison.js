/* The page of a comparison: whether one of two runs is significantly better than the other, and all their scores. */

import { ResultChart } from "../ui/charts.js";
import { announce, element, find } from "../ui/dom.js";
import { formatMetric, metricName, wordFor } from "../ui/headline.js";
import { namePlace, writeValue } from "../ui/places.js";
import { startTask } from "../sweep/task.js";
import { addScore, formatGap, makeTrials, meanOf } from "../sweep/trials.js";

const page = JSON.parse(find("page").textContent); // { run, runs, differences, seeds }
const LETTERS = ["A", "B"];
const trials = makeTrials({ combinations: page.runs.map(() => ({ values: {}, changes: {} })), seeds: page.seeds });
const chart = new ResultChart(find("comparison-chart"));

showDifferences();

startTask(page, {
  ends: "trainingCompared",
  onScores(scores) {
    for (const score of scores) addScore(trials, score);
    draw();
  },
  onEnd(result) {
    if (!result) return;
    find("headline").replaceChildren(element("strong", {}, tellVerdict(result)));
    find("sentence").textContent = `${tellMeans()} ${tellGap(result)}`;
    announce(`${find("headline").textContent} ${find("sentence").textContent}`);
  },
});

function draw() {
  const metric = trials.find((trial) => trial.metric)?.metric;
  if (!metric) return;
  find("headline").textContent = "";
  find("sentence").textContent = `So far: ${tellMeans()}`;
  chart.show((palette) => build(metric, palette));
}

function tellVerdict({ gain, distinguishable }) {
  if (!distinguishable) return "The difference may be chance.";
  return gain > 0 ? "A is significantly better than B." : "B is significantly better than A.";
}

function tellMeans() {
  const parts = trials.map((trial, place) => `${LETTERS[place]} ${formatMetric(trial.metric, meanOf(trial))}`);
  const { metric } = trials.find((trial) => trial.metric) ?? { metric: "" };
  return `On average ${parts.join(", ")} ${wordFor(metric)}.`;
}

function tellGap({ metric, gain, margin, distinguishable }) {
  const gap = `The gap is ${formatGap(metric, Math.abs(gain))}, give or take ${formatGap(metric, margin)}`;
  return distinguishable ? `${gap}: other seeds would hardly reverse it.` : `${gap}: with other seeds it could vanish or be reversed.`;
}

function build(metric, palette) {
  const colors = [palette.main, palette.second];
  const traces = trials.map(({ scores }, place) => ({
    type: "box",
    name: LETTERS[place],
    y: [...scores.values()].filter((score) => score !== null),
    boxpoints: "all",
    jitter: 0.5,
    pointpos: 0,
    boxmean: true,
    marker: { color: colors[place], symbol: ["circle", "square"][place], size: 7, opacity: 0.6 },
    line: { color: colors[place] },
    fillcolor: "rgba(128, 128, 128, 0.12)",
    hoverinfo: "y",
  }));
  const write = (score) => (score === undefined || score === null ? "–" : score);
  const [ours, others] = trials.map(({ scores }) => scores);
  const body = page.seeds.map((seed) => [String(seed), write(ours.get(seed)), write(others.get(seed))]);
  return {
    title: `${metricName(metric)} with each seed`,
    x: "",
    y: wordFor(metric),
    traces,
    layout: { height: 340, margin: { l: 60, r: 16, t: 36, b: 40 }, yaxis: metric === "accuracy" ? { tickformat: ".0%" } : {} },
    table: { head: ["seed", ...LETTERS], body },
  };
}

function showDifferences() {
  const head = element("tr", {}, element("td", {}), ...LETTERS.map((letter) => element("th", { scope: "col" }, letter)));
  const rows = page.differences.map(({ where, value, other }) =>
    element("tr", {}, element("th", { scope: "row" }, namePlace(where)), ...[value, other].map((each) => element("td", {}, each === null ? "–" : writeValue(each)))),
  );
  find("differences").replaceChildren(element("thead", {}, head), element("tbody", {}, ...rows));
}
