/* What a run came to: the sentence, numbers beside a baseline, each class, and charts. Called by the run panel. */

import { plain, ResultChart } from "../ui/charts.js";
import { element, find, formatNumber } from "../ui/dom.js";
import { formatMetric, metricName, wordFor } from "../ui/headline.js";
import { cellButton } from "./insights.js";

const MAX_CLASSES = 40; // of the confusion matrix; those with the most mistakes are shown
// Of the curves, legible in light and dark. Of more classes than that, those with the lowest precision stand out.
export const COLORS = ["#2f83c5", "#f08119", "#2ca25f", "#dd4444", "#9a72c9", "#b07d62", "#e377c2", "#16a3b0", "#a8a81f", "#6f7fd8"];
const CHARTS = ["roc", "precision-recall", "calibration", "residuals", "residual-histogram"];

const charts = {};

export function startResults() {
  for (const name of CHARTS) charts[name] = new ResultChart(find(`${name}-chart`));
}

export function showOutcome(runId, auxiliary) {
  const { headline, metrics, baseline, sentence, residuals } = auxiliary;
  const write = (value) => formatMetric(headline.metric, value);
  find("headline").replaceChildren(
    element("strong", {}, write(headline.value)),
    ` ${wordFor(headline.metric)} on unseen test rows; `,
    element("span", {}, `baseline ${write(headline.baseline)}.`),
  );
  find("sentence").textContent = sentence;
  const rows = Object.entries(metrics).map(([name, value]) => row(metricName(name), [value, baseline[name]]));
  find("metrics").replaceChildren(...rows);
  const colors = chooseColors(auxiliary.precision_recall_curve_data ?? []);
  showClasses(auxiliary, colors);
  showConfusion(runId, auxiliary.confusion_matrix, auxiliary.category_list);
  showCurves(auxiliary, colors);
  charts.calibration.show(auxiliary.calibration && ((palette) => drawCalibration(auxiliary.calibration, palette)));
  charts.residuals.show(residuals && ((palette) => drawResiduals(residuals, auxiliary.target, palette)));
  charts["residual-histogram"].show(residuals && ((palette) => drawHistogram(residuals, palette)));
}

const row = (name, values, digits = 4) =>
  element("tr", {}, element("th", { scope: "row", title: name }, name), ...values.map((value) => element("td", {}, formatNumber(value, digits))));

/** Class index -> color. The table of classes is the legend of both charts of curves. */
function chooseColors(curves) {
  const drawn = [...curves.keys()].filter((index) => curves[index]);
  const worst = drawn.sort((a, b) => curves[a][2] - curves[b][2]).slice(0, COLORS.length);
  return new Map(worst.sort((a, b) => a - b).map((index, place) => [index, COLORS[place]]));
}

function showClasses({ per_class, AUC_ROC_curve_data: roc, precision_recall_curve_data: precisionRecall }, colors) {
  find("classes-box").hidden = !per_class;
  if (!per_class) return;
  const rows = per_class.map((one, index) =>
    row(one.class, [one.precision, one.recall, one.f1, roc[index]?.[2], precisionRecall[index]?.[2], one.support], 3),
  );
  for (const [index, color] of colors) rows[index].firstChild.prepend(element("span", { className: "swatch", style: `background: ${color}` }));
  find("classes").replaceChildren(...rows);
}

function showConfusion(runId, matrix, classes) {
  find("confusion-box").hidden = !matrix;
  if (!matrix) return;
  const kept = findMostConfused(matrix);
  find("confusion-note").textContent = kept.length < matrix.length ? `The ${kept.length} of ${matrix.length} classes with the most mistakes.` : "";
  const body = kept.map((actual) => {
    const total = sum(matrix[actual]);
    return element(
      "tr",
      {},
      element("th", { scope: "row", title: classes[actual] }, classes[actual]),
      ...kept.map((said) => {
        const count = matrix[actual][said];
        const share = total ? Math.round((count / total) * 10) : 0;
        return element("td", { className: `${actual === said ? "right" : "wrong"} share-${share}` }, cellButton(runId, classes[actual], classes[said], count));
      }),
    );
  });
  find("confusion").replaceChildren(confusionHead(kept.map((index) => classes[index])), element("tbody", {}, ...body));
}

/** The axes of a confusion matrix, and the predicted classes. Called by threshold.js, too. */
export function confusionHead(classes) {
  const axes = element("tr", {}, element("th", { scope: "col" }, "Actual ↓"), element("th", { scope: "colgroup", colSpan: classes.length, className: "axis-name" }, "Predicted →"));
  const names = element("tr", {}, element("td", {}), ...classes.map((name) => element("th", { scope: "col", title: name }, name)));
  return element("thead", {}, axes, names);
}

function findMostConfused(matrix) {
  const all = [...matrix.keys()];
  if (all.length <= MAX_CLASSES) return all;
  const said = all.map((index) => sum(matrix.map((counts) => counts[index])));
  const mistakes = all.map((index) => sum(matrix[index]) + said[index] - 2 * matrix[index][index]);
  return all.sort((a, b) => mistakes[b] - mistakes[a]).slice(0, MAX_CLASSES).sort((a, b) => a - b);
}

function showCurves({ category_list: classes, AUC_ROC_curve_data: roc, precision_recall_curve_data: precisionRecall }, colors) {
  const whole = { xaxis: { range: [-0.02, 1.02] }, yaxis: { range: [-0.02, 1.04] } };
  charts.roc.show(
    roc?.some(Boolean) &&
      ((palette) => ({
        title: "ROC curves",
        x: "false positive rate",
        y: "true positive rate",
        traces: [dotted([0, 1], [0, 1], "baseline", palette), ...drawCurves(roc, classes, colors, palette)],
        layout: whole,
      })),
  );
  charts["precision-recall"].show(
    precisionRecall?.some(Boolean) &&
      ((palette) => ({ title: "Precision-recall curves", x: "recall", y: "precision", traces: drawCurves(precisionRecall, classes, colors, palette), layout: whole })),
  );
}

function drawCurves(curves, classes, colors, palette) {
  const drawn = [...curves.keys()].filter((index) => curves[index]).sort((a, b) => colors.has(a) - colors.has(b));
  return drawn.map((index) => ({
    x: curves[index][0],
    y: curves[index][1],
    name: plain(classes[index]),
    meta: classes[index],
    mode: "lines",
    line: colors.has(index) ? { color: colors.get(index), width: 2 } : { color: palette.quiet, width: 0.7 },
    hovertemplate: `(%{x:.2f}, %{y:.2f}), area ${curves[index][2].toFixed(3)}`,
  }));
}

const dotted = (x, y, name, palette) => ({ x, y, name, mode: "lines", line: { color: palette.quiet, dash: "dot", width: 1.5 }, hoverinfo: "name" });

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

function drawResiduals({ sample }, target, palette) {
  const [predicted, actual] = [0, 1].map((side) => sample.map((pair) => pair[side]));
  const all = [...predicted, ...actual];
  const ends = all.length ? [Math.min(...all), Math.max(...all)] : [];
  const points = { x: actual, y: predicted, name: "", mode: "markers", marker: { color: palette.main, size: 6, opacity: 0.65 } };
  return { title: "Predicted against actual", x: `actual ${plain(target)}`, y: "predicted", traces: [dotted(ends, ends, "perfect prediction", palette), points] };
}

function drawHistogram({ histogram: { edges, counts }, mean }, palette) {
  const middle = (index) => (edges[index] + edges[index + 1]) / 2;
  const width = (index) => edges[index + 1] - edges[index] || 1;
  const bars = { type: "bar", x: counts.map((_, index) => middle(index)), y: counts, width: counts.map((_, index) => width(index)), name: "", marker: { color: palette.main } };
  const line = { type: "line", x0: mean, x1: mean, yref: "paper", y0: 0, y1: 1, line: { color: palette.second, dash: "dash" } };
  return {
    title: `Residuals: mean ${formatNumber(mean, 3)}`,
    x: "residual (predicted - actual)",
    y: "test rows",
    traces: [bars],
    layout: { shapes: mean === null ? [] : [line], bargap: 0 },
  };
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
