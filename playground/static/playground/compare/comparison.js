/* <comparison-page>: whether one of two runs is significantly better than the other, and all their scores. */

import { startTask } from "../sweep/task.js";
import { addScore, formatGap, makeTrials, meanOf } from "../sweep/trials.js";
import { announce } from "../ui/announcer.js";
import { ResultChart } from "../ui/charts.js";
import { Component } from "../ui/component.js";
import { element, readJson } from "../ui/dom.js";
import { formatMetric, metricName, wordFor } from "../ui/headline.js";
import { namePlace, writeValue } from "../ui/places.js";

const LETTERS = ["A", "B"];

class ComparisonPage extends Component {
  start({ store, page: { runs, differences, seeds } }) {
    const combinations = runs.map(() => ({ values: {}, changes: {} }));
    const chart = new ResultChart(this.one("#comparison-chart"));
    this.one("#differences").replaceChildren(...tabulate(differences));
    store.watch(({ scores }) => scores, (scores) => {
      const trials = makeTrials({ combinations, seeds });
      for (const score of scores) addScore(trials, score);
      const metric = trials.find((trial) => trial.metric)?.metric;
      if (!metric) return;
      this.one("#sentence").textContent = `So far: ${tellMeans(trials)}`;
      chart.show((palette) => build(trials, seeds, metric, palette));
    });
    store.watch(({ result }) => result, (result) => {
      if (!result) return;
      const trials = makeTrials({ combinations, seeds });
      for (const score of store.state.scores) addScore(trials, score);
      this.one("#headline").replaceChildren(element("strong", {}, tellVerdict(result)));
      this.one("#sentence").textContent = `${tellMeans(trials)} ${tellGap(result)}`;
      announce(`${this.one("#headline").textContent} ${this.one("#sentence").textContent}`);
    });
  }
}

function tellVerdict({ gain, distinguishable }) {
  if (!distinguishable) return "The difference may be chance.";
  return gain > 0 ? "A is significantly better than B." : "B is significantly better than A.";
}

function tellMeans(trials) {
  const parts = trials.map((trial, place) => `${LETTERS[place]} ${formatMetric(trial.metric, meanOf(trial))}`);
  const { metric } = trials.find((trial) => trial.metric) ?? { metric: "" };
  return `On average ${parts.join(", ")} ${wordFor(metric)}.`;
}

function tellGap({ metric, gain, margin, distinguishable }) {
  const gap = `The gap is ${formatGap(metric, Math.abs(gain))}, give or take ${formatGap(metric, margin)}`;
  return distinguishable ? `${gap}: other seeds would hardly reverse it.` : `${gap}: with other seeds it could vanish or be reversed.`;
}

function build(trials, seeds, metric, palette) {
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
  const body = seeds.map((seed) => [String(seed), write(ours.get(seed)), write(others.get(seed))]);
  return {
    title: `${metricName(metric)} with each seed`,
    x: "",
    y: wordFor(metric),
    traces,
    layout: { height: 340, margin: { l: 60, r: 16, t: 36, b: 40 }, yaxis: metric === "accuracy" ? { tickformat: ".0%" } : {} },
    table: { head: ["seed", ...LETTERS], body },
  };
}

function tabulate(differences) {
  const head = element("tr", {}, element("td", {}), ...LETTERS.map((letter) => element("th", { scope: "col" }, letter)));
  const rows = differences.map(({ where, value, other }) =>
    element("tr", {}, element("th", { scope: "row" }, namePlace(where)), ...[value, other].map((each) => element("td", {}, each === null ? "–" : writeValue(each)))),
  );
  return [element("thead", {}, head), element("tbody", {}, ...rows)];
}

customElements.define("comparison-page", ComparisonPage);
startTask(readJson("page"), "trainingCompared");
