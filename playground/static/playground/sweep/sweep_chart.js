/* Scores against what was tried: each training a point, means with how far the seeds lie apart, and a line for every
   choice of what else varies. Called by sweep.js. */

import { plain, ResultChart } from "../ui/charts.js";
import { element } from "../ui/dom.js";
import { metricName, wordFor } from "../ui/headline.js";
import { writeValue } from "../ui/places.js";
import { COLORS } from "../run/results.js";
import { meanOf, spreadOf } from "./trials.js";

const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "star"];
const MANY_TIMES = 8; // from the smallest to the largest: from there on the axis counts orders of magnitude
const MAX_TICKS = 9;
const WORST_R2 = -1; // below it one failure would flatten all the rest
const MAX_LINES = 20;
const HEIGHT = 340;
const DODGE = 0.006; // of the axis
const LEGEND_ROW = 22; // pixels

export class SweepChart {
  #trials;
  #axes;
  #box;
  #chart = null;
  #metric = "";
  #across = null;
  #lines = [];

  /** `box` holds the chart, its note and the choice of the horizontal axis. */
  constructor(box, { trials, axes }) {
    this.#trials = trials;
    this.#axes = axes;
    this.#box = box;
    box.hidden = axes.length === 0;
    if (box.hidden) return;
    const select = box.querySelector("#across");
    this.#chart = new ResultChart(box.querySelector("#sweep-chart"));
    select.replaceChildren(...axes.map(({ name }, place) => element("option", { value: String(place) }, name)));
    select.value = String(findAcross(trials, axes));
    select.addEventListener("change", () => this.#choose(Number(select.value)));
    this.#choose(Number(select.value));
  }

  #choose(place) {
    this.#across = this.#axes[place];
    this.#lines = groupLines(this.#trials, this.#axes, this.#across);
    this.#chart.node.style.setProperty("--chart-height", `${heightOf(this.#lines)}px`);
    if (this.#metric) this.draw(this.#metric);
  }

  draw(metric) {
    if (!this.#chart) return;
    this.#metric = metric;
    const lines = this.#lines;
    const across = this.#across;
    const scores = this.#trials.flatMap(({ scores: each }) => [...each.values()]).filter((score) => score !== null);
    const low = metric === "r2" && scores.some((score) => score < WORST_R2);
    const notes = [
      low ? `Scores below ${WORST_R2} are left out of the picture; the table has them.` : "",
      lines.length > MAX_LINES ? `The first ${MAX_LINES} of ${lines.length} lines are drawn; the table has all.` : "",
    ];
    this.#box.querySelector("#chart-note").textContent = notes.filter(Boolean).join(" ");
    this.#chart.show((palette) => build({ lines: lines.slice(0, MAX_LINES), all: lines, across, metric, scores, low, palette }));
  }
}

/** With a legend below it. */
const heightOf = (lines) => HEIGHT + legendOf(lines);

const legendOf = ({ length }) => (length > 1 ? LEGEND_ROW * Math.ceil(Math.min(length, MAX_LINES) / (window.innerWidth < 760 ? 1 : 3)) : 0);

/** Numbers suit an axis best, and of two the one with more values. */
function findAcross(trials, axes) {
  const worth = axes.map(({ path }) => {
    const values = valuesOf(trials, path);
    return values.length + (values.every((value) => typeof value === "number") ? 100 : 0);
  });
  return worth.indexOf(Math.max(...worth));
}

const valuesOf = (trials, path) => [...new Map(trials.map(({ values }) => [JSON.stringify(values[path]), values[path]])).values()];

/** One line for every choice of what else varies. */
function groupLines(trials, axes, across) {
  const others = axes.filter((axis) => axis !== across);
  const groups = Map.groupBy(trials, ({ values }) => JSON.stringify(others.map(({ path }) => values[path])));
  return [...groups.values()].map((members) => ({
    name: others.map(({ path, name }) => `${name} ${writeValue(members[0].values[path])}`).join(", "),
    members,
  }));
}

function build({ lines, all, across, metric, scores, low, palette }) {
  const axis = describeAxis(valuesOf(all.flatMap(({ members }) => members), across.path));
  const traces = lines.flatMap(({ name, members }, place) => {
    const color = lines.length === 1 ? palette.main : COLORS[place % COLORS.length];
    const symbol = SYMBOLS[place % SYMBOLS.length];
    const sorted = members.toSorted((a, b) => axis.compare(a.values[across.path], b.values[across.path]));
    const dodge = place - (lines.length - 1) / 2;
    const placeOf = (trial) => axis.place(trial.values[across.path], dodge);
    const points = sorted.flatMap((trial) => [...trial.scores.values()].map((score) => [placeOf(trial), score]));
    const spreads = sorted.map((trial) => spreadOf(trial) ?? 0);
    return [
      { x: points.map(([x]) => x), y: points.map(([, y]) => y), mode: "markers", showlegend: false, hoverinfo: "skip", marker: { color, symbol, size: 6, opacity: 0.35 } },
      {
        x: sorted.map(placeOf),
        y: sorted.map(meanOf),
        name: plain(name),
        mode: axis.isOrdered ? "lines+markers" : "markers",
        line: { color, width: 2 },
        marker: { color, symbol, size: 9 },
        error_y: { type: "data", array: spreads, color, thickness: 1.5, width: 5 },
        hovertemplate: metric === "accuracy" ? "%{y:.1%}" : "%{y:.3f}",
      },
    ];
  });
  return {
    title: metricName(metric),
    x: plain(across.name),
    y: wordFor(metric),
    traces,
    layout: {
      height: heightOf(lines),
      showlegend: lines.length > 1,
      legend: { orientation: "h", x: 0, xanchor: "left", y: 0, yref: "container", yanchor: "bottom" },
      margin: { l: 60, r: 16, t: 36, b: 54 + legendOf(lines) },
      xaxis: axis.layout,
      yaxis: { ...(metric === "accuracy" ? { tickformat: Math.max(...scores) - Math.min(...scores) < 0.05 ? ".1%" : ".0%" } : {}), ...(low ? { range: [WORST_R2, Math.max(...scores) + 0.1] } : {}) },
    },
    table: tabulate(all, across, metric),
  };
}

/** Numbers on a line, by orders of magnitude where they span some; anything else side by side. */
function describeAxis(values) {
  if (!values.every((value) => typeof value === "number")) {
    const names = values.map((value) => plain(writeValue(value)));
    return {
      isOrdered: false,
      place: (value) => plain(writeValue(value)),
      compare: (a, b) => names.indexOf(plain(writeValue(a))) - names.indexOf(plain(writeValue(b))),
      layout: { type: "category", categoryorder: "array", categoryarray: names, automargin: true },
    };
  }
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ticks = values.length <= MAX_TICKS ? { tickvals: values, ticktext: values.map(String) } : {};
  const type = least > 0 && most / least >= MANY_TIMES ? "log" : "linear";
  // Lines lie a little beside each other, or else one would hide the next.
  const beside = type === "log" ? (value, dodge) => value * (most / least) ** (DODGE * dodge) : (value, dodge) => value + (most - least) * DODGE * dodge;
  return { isOrdered: true, place: beside, compare: (a, b) => a - b, layout: { type, ...ticks } };
}

function tabulate(lines, across, metric) {
  const several = lines.length > 1;
  const body = lines.flatMap(({ name, members }) =>
    members.map((trial) => [...(several ? [name] : []), writeValue(trial.values[across.path]), meanOf(trial), spreadOf(trial), trial.scores.size]),
  );
  return { head: [...(several ? ["line"] : []), across.name, `mean ${wordFor(metric)}`, "±", "seeds"], body };
}
