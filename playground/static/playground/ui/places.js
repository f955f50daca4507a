/* Places in a spec and what stands there, in words: `user_arch[0].out_features` is "Units of layer 1 (Linear)".
   Called wherever something varies or differs. */

import { labelArgument, labelCriterion } from "./labels.js";

/** Fields whose name in the spec is not what learners see on the Train page. @type {Record<string, string>} */
export const NAMES = {
  user_arch: "layers",
  user_model: "model",
  optimizer_name: "optimizer",
  criterion: "loss function",
  schedule: "learning-rate schedule",
  schedule_step: "decay interval",
  schedule_gamma: "decay factor",
  gradient_clip: "gradient clipping",
  test_size: "test set size",
  patience: "early stopping",
};

const LAYER = /^user_arch\[(\d+)\](?:\.(.+))?$/;
const ESTIMATOR = "user_model.";

/**
 * @param {string} path
 * @param {{ layer: string }[]} [layers] of the spec, where they are known
 */
export function namePlace(path, layers = []) {
  const [, position, argument] = path.match(LAYER) ?? [];
  if (position !== undefined) {
    const kind = layers[Number(position)]?.layer;
    const layer = `layer ${Number(position) + 1}`;
    return argument ? `${labelArgument(argument)} of ${layer}${kind ? ` (${kind})` : ""}` : layer;
  }
  if (path.startsWith(ESTIMATOR)) return path.slice(ESTIMATOR.length);
  return NAMES[path] ?? path.replaceAll("_", " ");
}

/**
 * A layer or an estimator as a call, several of them in their order, anything else as it is.
 *
 * @param {any} value
 * @returns {string}
 */
export function writeValue(value) {
  if (value === null || value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value))
    return value.some((each) => each?.layer)
      ? value.map(shorten).join(" → ")
      : value.map(writeValue).join(", ") || "none";
  if (typeof value === "string") return labelCriterion(value);
  if (typeof value !== "object") return String(value);
  const { layer, estimator, ...rest } = value;
  const given = Object.entries(rest)
    .map(([name, each]) => `${layer ? labelArgument(name) : name} ${writeValue(each)}`)
    .join(", ");
  const name = layer ?? estimator;
  return name ? `${name}${given ? ` (${given})` : ""}` : given;
}

/**
 * A layer among others: its name, and what it was given.
 *
 * @param {{ layer: string, [argument: string]: any }} value
 */
function shorten({ layer, ...rest }) {
  return [layer, Object.values(rest).map(writeValue).join(", ")].filter(Boolean).join(" ");
}

/**
 * What was chosen at several places: "learning rate 0.01, Units 8 in layer 1".
 *
 * @param {Record<string, any>} values by place
 */
export function writeValues(values) {
  return Object.entries(values).map(writeChoice).join(", ") || "the setup as it is";
}

/** @param {[string, any]} choice */
function writeChoice([path, value]) {
  const [, position, argument] = path.match(LAYER) ?? [];
  const written = writeValue(value);
  if (argument) return `${labelArgument(argument)} ${written} in layer ${Number(position) + 1}`;
  if (position !== undefined) return `${written} as layer ${Number(position) + 1}`;
  return path === "user_model" ? written : `${namePlace(path)} ${written}`;
}
