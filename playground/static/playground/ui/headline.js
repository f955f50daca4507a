/* A run's one number and its status in words, wherever runs are listed. */

/** @typedef {import("../wire/types.d.ts").RunSummary} RunSummary */

import { formatNumber, formatSeconds, formatShare } from "./dom.js";

/** @type {Record<string, string>} */
const METRIC_NAMES = {
  accuracy: "Accuracy",
  balanced_accuracy: "Balanced accuracy",
  f1_macro: "F1 (macro)",
  log_loss: "Log loss",
  roc_auc: "ROC AUC",
  r2: "R²",
  rmse: "RMSE",
  mae: "MAE",
  mape: "MAPE",
};

/** @type {Record<string, string>} */
export const STATUS_NAMES = {
  queued: "Waiting",
  running: "Training",
  succeeded: "Done",
  failed: "Failed",
  cancelled: "Stopped",
};
/** @type {Record<string, string>} */
export const STATUS_SIGNS = { queued: "○", running: "◐", succeeded: "✓", failed: "✗", cancelled: "■" };

/** @param {string} metric */
export const metricName = (metric) => METRIC_NAMES[metric] ?? metric;

/**
 * A metric within a sentence.
 *
 * @param {string} metric
 */
export const wordFor = (metric) => (metric === "accuracy" ? metric : metricName(metric));

const ARROW = " → "; // between the layers of a network in words

/**
 * An accuracy in per cent, anything else to three digits.
 *
 * @param {string} metric
 * @param {number | null | undefined} value
 */
export function formatMetric(metric, value) {
  if (value === null || value === undefined) return "–";
  if (metric.includes("accuracy")) return formatShare(value);
  return formatNumber(Math.abs(value) < 1 ? Number(value.toFixed(3)) || 0 : value, 3);
}

/**
 * Sweeps and comparisons are runs, too: of many trainings, and without a model.
 *
 * @param {{ kind?: string }} run
 */
export const isTraining = ({ kind = "training" }) => kind === "training";

/** @param {Pick<RunSummary, "status">} run */
export const isActive = (run) => run.status === "queued" || run.status === "running";

/** @param {RunSummary} run */
export const titleOf = (run) => run.name || `${isTraining(run) ? shorten(run.model) : `A ${run.kind}`} on ${run.data}`;

/**
 * A network's first and last layer.
 *
 * @param {string} model
 */
function shorten(model) {
  const layers = model.split(ARROW);
  return layers.length > 2 ? `${layers[0]}${ARROW}…${ARROW}${layers.at(-1)}` : model;
}

/** @param {number | null} seconds */
export const formatDuration = (seconds) =>
  seconds === null ? "–" : seconds < 10 ? `${seconds.toFixed(1)} s` : formatSeconds(seconds);

/**
 * Seconds, or null where it has not begun or not ended.
 *
 * @param {Pick<RunSummary, "started" | "finished">} run
 */
export const durationOf = (run) =>
  run.started && run.finished ? (Date.parse(run.finished) - Date.parse(run.started)) / 1000 : null;
