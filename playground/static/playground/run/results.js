/* <run-results>: numbers of a finished run beside a baseline, each class, the confusion matrix, and charts. */

import { plain, ResultChart } from "../ui/charts.js";
import { Component } from "../ui/component.js";
import { element, formatNumber } from "../ui/dom.js";
import { metricName } from "../ui/headline.js";

/**
 * @typedef {import("../ui/charts.js").Palette} Palette
 * @typedef {import("../ui/charts.js").Drawing} Drawing
 * @typedef {[number[], number[], number] | null} Curve of a class: x, y and the area below; null where there is none
 * @typedef {Map<number, string>} Colors of the classes that stand out, by index
 */

const MAX_CLASSES = 40; // of the confusion matrix; those with the most mistakes are shown
// Of the curves, legible in light and dark. Of more classes than that, those with the lowest precision stand out.
export const COLORS = [
  "#2f83c5",
  "#f08119",
  "#2ca25f",
  "#dd4444",
  "#9a72c9",
  "#b07d62",
  "#e377c2",
  "#16a3b0",
  "#a8a81f",
  "#6f7fd8",
];
const CHARTS = ["roc", "precision-recall", "calibration", "residuals", "residual-histogram"];

class RunResults extends Component {
  /** @type {Map<string, ResultChart>} */
  #charts = new Map();

  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, showsRows }) {
    for (const name of CHARTS) this.#charts.set(name, new ResultChart(this.one(`#${name}-chart`)));
    store.watch(
      ({ result }) => result,
      (result) => {
        this.hidden = !result;
        if (!result) return;
        const open = (/** @type {string} */ actual, /** @type {string} */ predicted) =>
          store.send({ type: "cellOpened", actual, predicted });
        this.#show(result.auxiliary_outputs, showsRows ? open : null);
      },
    );
  }

  /**
   * @param {Record<string, any>} auxiliary
   * @param {((actual: string, predicted: string) => void) | null} openCell
   */
  #show(auxiliary, openCell) {
    const { metrics, baseline, residuals, calibration, split, split_check: check, sentence } = auxiliary;
    const said = [split?.sentence, check && check.sentence !== sentence ? check.sentence : ""]; // one that leaks is the run's own sentence
    this.one("#split-sentence").textContent = said.filter(Boolean).join(" ");
    const rows = Object.entries(metrics).map(([name, value]) => row(metricName(name), [value, baseline[name]]));
    this.one("#metrics").replaceChildren(...rows);
    const colors = chooseColors(auxiliary.precision_recall_curve_data ?? []);
    this.#showClasses(auxiliary, colors);
    this.#showConfusion(auxiliary.confusion_matrix, auxiliary.category_list, openCell);
    this.#showCurves(auxiliary, colors);
    this.#draw("calibration", calibration && ((palette) => drawCalibration(calibration, palette)));
    this.#draw("residuals", residuals && ((palette) => drawResiduals(residuals, auxiliary.target, palette)));
    this.#draw("residual-histogram", residuals && ((palette) => drawHistogram(residuals, palette)));
  }

  /**
   * @param {string} name
   * @param {((palette: Palette) => Drawing) | false | null | undefined} build
   */
  #draw(name, build) {
    this.#charts.get(name)?.show(build);
  }

  /**
   * @param {Record<string, any>} auxiliary
   * @param {Colors} colors
   */
  #showClasses({ per_class, AUC_ROC_curve_data: roc, precision_recall_curve_data: precisionRecall }, colors) {
    this.one("#classes-box").hidden = !per_class;
    if (!per_class) return;
    const rows = per_class.map((/** @type {any} */ one, /** @type {number} */ index) =>
      row(one.class, [one.precision, one.recall, one.f1, roc[index]?.[2], precisionRecall[index]?.[2], one.support], 3),
    );
    for (const [index, color] of colors)
      rows[index].firstElementChild.prepend(element("span", { className: "swatch", style: `background: ${color}` }));
    this.one("#classes").replaceChildren(...rows);
  }

  /**
   * @param {number[][] | null | undefined} matrix
   * @param {string[]} classes
   * @param {((actual: string, predicted: string) => void) | null} openCell
   */
  #showConfusion(matrix, classes, openCell) {
    this.one("#confusion-box").hidden = !matrix;
    if (!matrix) return;
    const kept = findMostConfused(matrix);
    this.one("#confusion-note").textContent =
      kept.length < matrix.length ? `The ${kept.length} of ${matrix.length} classes with the most mistakes.` : "";
    const body = kept.map((actual) => {
      const total = sum(matrix[actual]);
      return element(
        "tr",
        {},
        element("th", { scope: "row", title: classes[actual] }, classes[actual]),
        ...kept.map((said) => {
          const count = matrix[actual][said];
          const share = total ? Math.round((count / total) * 10) : 0;
          return element(
            "td",
            { className: `${actual === said ? "right" : "wrong"} share-${share}` },
            cellOf(classes[actual], classes[said], count, openCell),
          );
        }),
      );
    });
    this.one("#confusion").replaceChildren(
      confusionHead(kept.map((index) => classes[index])),
      element("tbody", {}, ...body),
    );
  }

  /**
   * @param {Record<string, any>} auxiliary
   * @param {Colors} colors
   */
  #showCurves(
    { category_list: classes, AUC_ROC_curve_data: roc, precision_recall_curve_data: precisionRecall },
    colors,
  ) {
    const whole = { xaxis: { range: [-0.02, 1.02] }, yaxis: { range: [-0.02, 1.04] } };
    this.#draw(
      "roc",
      roc?.some(Boolean) &&
        ((palette) => ({
          title: "ROC curves",
          x: "false positive rate",
          y: "true positive rate",
          traces: [dotted([0, 1], [0, 1], "baseline", palette), ...drawCurves(roc, classes, colors, palette)],
          layout: whole,
        })),
    );
    this.#draw(
      "precision-recall",
      precisionRecall?.some(Boolean) &&
        ((palette) => ({
          title: "Precision-recall curves",
          x: "recall",
          y: "precision",
          traces: drawCurves(precisionRecall, classes, colors, palette),
          layout: whole,
        })),
    );
  }
}

/**
 * @param {string} name
 * @param {any[]} values
 * @param {number} [digits]
 */
const row = (name, values, digits = 4) =>
  element(
    "tr",
    {},
    element("th", { scope: "row", title: name }, name),
    ...values.map((value) => element("td", {}, formatNumber(value, digits))),
  );

/**
 * The table of classes is the legend of both charts of curves.
 *
 * @param {Curve[]} curves
 * @returns {Colors}
 */
function chooseColors(curves) {
  const drawn = [...curves.keys()].filter((index) => curves[index]);
  const worst = drawn.sort((a, b) => (curves[a]?.[2] ?? 0) - (curves[b]?.[2] ?? 0)).slice(0, COLORS.length);
  return new Map(worst.sort((a, b) => a - b).map((index, place) => [index, COLORS[place]]));
}

/**
 * The axes of a confusion matrix, and the predicted classes. Called by threshold.js, too.
 *
 * @param {string[]} classes
 */
export function confusionHead(classes) {
  const axes = element(
    "tr",
    {},
    element("th", { scope: "col" }, "Actual ↓"),
    element("th", { scope: "colgroup", colSpan: classes.length, className: "axis-name" }, "Predicted →"),
  );
  const names = element(
    "tr",
    {},
    element("td", {}),
    ...classes.map((name) => element("th", { scope: "col", title: name }, name)),
  );
  return element("thead", {}, axes, names);
}

/** @param {number[][]} matrix */
function findMostConfused(matrix) {
  const all = [...matrix.keys()];
  if (all.length <= MAX_CLASSES) return all;
  const said = all.map((index) => sum(matrix.map((counts) => counts[index])));
  const mistakes = all.map((index) => sum(matrix[index]) + said[index] - 2 * matrix[index][index]);
  return all
    .sort((a, b) => mistakes[b] - mistakes[a])
    .slice(0, MAX_CLASSES)
    .sort((a, b) => a - b);
}

/**
 * @param {Curve[]} curves
 * @param {string[]} classes
 * @param {Colors} colors
 * @param {Palette} palette
 */
function drawCurves(curves, classes, colors, palette) {
  const drawn = curves.flatMap((curve, index) => (curve ? [{ curve, index }] : []));
  drawn.sort((a, b) => Number(colors.has(a.index)) - Number(colors.has(b.index)));
  return drawn.map(({ curve: [x, y, area], index }) => ({
    x,
    y,
    name: plain(classes[index]),
    meta: classes[index],
    mode: "lines",
    line: colors.has(index) ? { color: colors.get(index), width: 2 } : { color: palette.quiet, width: 0.7 },
    hovertemplate: `(%{x:.2f}, %{y:.2f}), area ${area.toFixed(3)}`,
  }));
}

/**
 * @param {number[]} x
 * @param {number[]} y
 * @param {string} name
 * @param {Palette} palette
 */
const dotted = (x, y, name, palette) => ({
  x,
  y,
  name,
  mode: "lines",
  line: { color: palette.quiet, dash: "dot", width: 1.5 },
  hoverinfo: "name",
});

/**
 * @param {{ bins: { predicted: number, observed: number, count: number }[], label: string | null,
 *   expected_calibration_error: number }} calibration
 * @param {Palette} palette
 * @returns {Drawing}
 */
function drawCalibration({ bins, label, expected_calibration_error: error }, palette) {
  const statement = label === null ? "the predicted class" : plain(label);
  const points = {
    x: bins.map((bin) => bin.predicted),
    y: bins.map((bin) => bin.observed),
    text: bins.map((bin) => `${bin.count} rows`),
    name: "",
    mode: "lines+markers",
    line: { color: palette.main, width: 1.5 },
    marker: { size: bins.map((bin) => 6 + Math.min(10, Math.sqrt(bin.count))) },
    hovertemplate: "predicted %{x:.0%}, correct %{y:.0%}, %{text}",
  };
  return {
    title: `Calibration error: ${formatNumber(100 * error, 2)} points`,
    x: `predicted probability of ${statement}`,
    y: "fraction correct",
    traces: [dotted([0, 1], [0, 1], "perfect calibration", palette), points],
    layout: { xaxis: { range: [-0.02, 1.02], tickformat: ".0%" }, yaxis: { range: [-0.02, 1.04], tickformat: ".0%" } },
  };
}

/**
 * @param {{ sample: [number, number][] }} residuals
 * @param {string} target
 * @param {Palette} palette
 * @returns {Drawing}
 */
function drawResiduals({ sample }, target, palette) {
  const [predicted, actual] = [0, 1].map((side) => sample.map((pair) => pair[side]));
  const all = [...predicted, ...actual];
  const ends = all.length ? [Math.min(...all), Math.max(...all)] : [];
  const points = {
    x: actual,
    y: predicted,
    name: "",
    mode: "markers",
    marker: { color: palette.main, size: 6, opacity: 0.65 },
  };
  return {
    title: "Predicted against actual",
    x: `actual ${plain(target)}`,
    y: "predicted",
    traces: [dotted(ends, ends, "perfect prediction", palette), points],
  };
}

/**
 * @param {{ histogram: { edges: number[], counts: number[] }, mean: number }} residuals
 * @param {Palette} palette
 * @returns {Drawing}
 */
function drawHistogram({ histogram: { edges, counts }, mean }, palette) {
  /** @param {number} index */
  const middle = (index) => (edges[index] + edges[index + 1]) / 2;
  /** @param {number} index */
  const width = (index) => edges[index + 1] - edges[index] || 1;
  const bars = {
    type: "bar",
    x: counts.map((_, index) => middle(index)),
    y: counts,
    width: counts.map((_, index) => width(index)),
    name: "",
    marker: { color: palette.main },
  };
  const line = {
    type: "line",
    x0: mean,
    x1: mean,
    yref: "paper",
    y0: 0,
    y1: 1,
    line: { color: palette.second, dash: "dash" },
  };
  return {
    title: `Residuals: mean ${formatNumber(mean, 3)}`,
    x: "residual (predicted - actual)",
    y: "test rows",
    traces: [bars],
    layout: { shapes: mean === null ? [] : [line], bargap: 0 },
  };
}

/** @param {number[]} numbers */
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/**
 * A cell of the confusion matrix. It opens the rows behind it, where those are this visitor's to look at.
 *
 * @param {string} actual
 * @param {string} predicted
 * @param {number} count
 * @param {((actual: string, predicted: string) => void) | null} open
 */
function cellOf(actual, predicted, count, open) {
  if (!open || !count) return String(count);
  const label = `${count} test rows: actual ${actual}, predicted ${predicted}`;
  const onclick = () => open(actual, predicted);
  return element(
    "button",
    { type: "button", className: "plain", title: "Show these rows", "aria-label": label, onclick },
    String(count),
  );
}

customElements.define("run-results", RunResults);
