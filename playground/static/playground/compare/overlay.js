/* The curves of several runs in one chart, told apart by colour, sign and letter; and the same numbers as a table. */

import { ResultChart } from "../ui/charts.js";
import { element, find, formatNumber } from "../ui/dom.js";

const MEASURES = {
  loss: { title: "Loss", train: "train_loss", test: "test_loss", layout: { rangemode: "tozero" } },
  accuracy: { title: "Accuracy", train: "train_acc", test: "val/test acc", layout: { tickformat: ".0%" } },
};
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "star"];
const SIGNS = 8; // on a curve, so that it is known where it runs among others
const TABLE_ROWS = 25;

/** `runs` hold `epochs`, which may grow: `draw` then shows them. */
export function startOverlay(runs) {
  const chart = new ResultChart(find("curves"));
  const select = find("measure");
  let waiting = false;

  function draw() {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      drawNow();
    });
  }

  function drawNow() {
    const offered = Object.keys(MEASURES).filter((name) => runs.some(({ epochs }) => has(epochs, MEASURES[name])));
    if (offered.join() !== [...select.options].map(({ value }) => value).join()) {
      const chosen = select.value;
      select.replaceChildren(...offered.map((name) => element("option", { value: name, selected: name === chosen }, MEASURES[name].title)));
    }
    find("curves-box").hidden = offered.length === 0;
    const measure = MEASURES[select.value];
    const drawn = measure ? runs.filter(({ epochs }) => has(epochs, measure)) : [];
    const missing = runs.filter((run) => !drawn.includes(run)).map(({ letter }) => letter);
    find("no-curves").hidden = missing.length === 0;
    find("no-curves").textContent = `There is no such curve of ${missing.join(", ")}.`;
    chart.show(drawn.length > 0 && (() => build(drawn, measure)));
    showTable(drawn, measure);
  }

  select.addEventListener("change", drawNow);
  return { draw };
}

const has = (epochs, { train, test }) => epochs.length > 1 && epochs.some((row) => row[train] !== null || row[test] !== null);

function build(runs, { title, train, test, layout }) {
  const traces = runs.flatMap(({ epochs, letter, place }) => {
    const color = getComputedStyle(find("legend").children[place]).color;
    const x = epochs.map(({ epoch }) => epoch);
    const line = (key, name, style) => ({ x, y: epochs.map((row) => row[key]), name: `${letter} ${name}`, ...style });
    return [
      line(train, "train", { mode: "lines", line: { color, width: 1, dash: "dot" }, hovertemplate: "%{y:.4g}" }),
      line(test, "test", { mode: "lines+markers", line: { color, width: 3 }, marker: { color, symbol: SYMBOLS[place], size: 9, maxdisplayed: SIGNS }, hovertemplate: "%{y:.4g}" }),
    ];
  });
  const labels = runs.map(({ epochs, letter, place }) => {
    const last = epochs.findLast((row) => row[test] !== null) ?? epochs.at(-1);
    const color = getComputedStyle(find("legend").children[place]).color;
    return { x: last.epoch, y: last[test] ?? last[train], text: letter, showarrow: false, xanchor: "left", xshift: 8, font: { color, size: 15, weight: "bold" } };
  });
  return { title, x: "epoch", y: title.toLowerCase(), traces, layout: { height: 420, hovermode: "x unified", annotations: labels, margin: { l: 60, r: 30, t: 36, b: 44 }, xaxis: { rangemode: "tozero" }, yaxis: layout } };
}

/** Some of the epochs, evenly, with the first and the last. */
function showTable(runs, measure) {
  if (!measure) return find("curves-table").replaceChildren();
  const all = [...new Set(runs.flatMap(({ epochs }) => epochs.map(({ epoch }) => epoch)))].sort((a, b) => a - b);
  const step = Math.max(1, (all.length - 1) / (TABLE_ROWS - 1));
  const kept = new Set(Array.from({ length: Math.min(all.length, TABLE_ROWS) }, (_, index) => all[Math.round(index * step)]));
  const rows = runs.map(({ epochs }) => new Map(epochs.map((row) => [row.epoch, row])));
  const head = element("tr", {}, element("th", { scope: "col" }, "epoch"), ...runs.flatMap(({ letter }) => ["train", "test"].map((name) => element("th", { scope: "col" }, `${letter} ${name}`))));
  const body = [...kept].map((epoch) =>
    element("tr", {}, element("th", { scope: "row" }, String(epoch)), ...rows.flatMap((byEpoch) => [measure.train, measure.test].map((key) => element("td", {}, formatNumber(byEpoch.get(epoch)?.[key], 4))))),
  );
  return find("curves-table").replaceChildren(element("thead", {}, head), element("tbody", {}, ...body));
}
