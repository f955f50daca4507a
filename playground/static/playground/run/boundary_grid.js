/* Asks the stored model of a run for its decision boundary over two features, with test rows on it. Called by boundary.js. */

/**
 * @typedef {import("../wire/socket.js").Socket} Socket
 * @typedef {import("../wire/types.d.ts").TestRow} TestRow
 * @typedef {import("./boundary_picture.js").Grid} Grid
 */

import { askModel } from "../wire/asking.js";
import { TOP } from "./boundary_picture.js";

const SIDE = 31; // of the grid: 961 rows, as many as one `predict` takes
const PAGES = 3; // of a hundred test rows each
const MARGIN = 0.08; // around the test rows, as a share of their range

/**
 * Test rows of a run, as `listTestRows` gives them.
 *
 * @param {Socket} socket
 * @param {string} runId
 */
export async function fetchTestRows(socket, runId) {
  /** @type {TestRow[]} */
  const found = [];
  for (let page = 0; page < PAGES; page++) {
    const { rows, total } = await askModel(socket, "listTestRows", { run_id: runId, limit: 100, offset: found.length });
    found.push(...rows);
    if (found.length >= total) break;
  }
  return found;
}

/**
 * The decision boundary of the finished model, as a `trainingBoundary` holds it.
 *
 * @param {Socket} socket
 * @param {string} runId
 * @param {{ names: string[], classes: string[] | null, rows: TestRow[] }} asked `names`: of the two features; `classes`:
 *   null for a regression; `rows`: of fetchTestRows
 * @returns {Promise<{ grid: Grid, levels: Uint8Array }>}
 */
export async function askGrid(socket, runId, { names, classes, rows }) {
  const points = rows
    .map(({ values, actual }) => [
      values[names[0]],
      values[names[1]],
      classes ? classes.indexOf(String(actual)) : actual,
    ])
    .filter(isPoint);
  if (!points.length) throw new Error("The table of this run is gone, so the ranges of its features are unknown.");
  const [x, y] = names.map((name, side) =>
    spread(
      name,
      points.map((point) => point[side]),
    ),
  );
  const asked = valuesOf(y).flatMap((up) => valuesOf(x).map((across) => ({ [names[0]]: across, [names[1]]: up })));
  const { predictions } = await askModel(socket, "predict", { run_id: runId, rows: asked });
  const numbers = predictions.map(({ prediction }) => Number(prediction));
  const values = classes ? null : rangeOf([...numbers, ...points.map((point) => point[2])]);
  const levels = values
    ? numbers.map((value) => levelOfValue(value, values))
    : predictions.map((each) => levelOfClass(each, classes ?? []));
  return { grid: { x, y, classes, values, points, ofTest: true }, levels: Uint8Array.from(levels) };
}

/**
 * @param {any[]} point
 * @returns {point is [number, number, number]}
 */
const isPoint = (point) => point.every(Number.isFinite);

/**
 * @param {number[]} values
 * @returns {[number, number]}
 */
const rangeOf = (values) => [Math.min(...values), Math.max(...values)];

/**
 * An axis over the range of these values, and a little beyond.
 *
 * @param {string} name
 * @param {number[]} values
 */
function spread(name, values) {
  const [low, high] = rangeOf(values);
  const margin = (high - low || 1) * MARGIN;
  return { name, minimum: low - margin, maximum: high + margin, steps: SIDE };
}

/** @param {import("../wire/types.d.ts").BoundaryAxis} axis */
const valuesOf = ({ minimum, maximum, steps }) =>
  Array.from({ length: steps }, (_, index) => minimum + (index / (steps - 1)) * (maximum - minimum));

/**
 * Of two classes, the second's probability on the side of the predicted one: the threshold need not be one half.
 *
 * @param {Pick<import("../wire/types.d.ts").Prediction, "prediction" | "probabilities">} prediction
 * @param {string[]} classes
 */
export function levelOfClass({ prediction, probabilities }, classes) {
  const said = classes.indexOf(String(prediction));
  if (classes.length !== 2) return said;
  const level = Math.round(TOP * (probabilities?.[classes[1]] ?? said));
  return said === 1 ? Math.max(level, Math.ceil(TOP / 2)) : Math.min(level, Math.floor(TOP / 2));
}

/**
 * @param {number} value
 * @param {[number, number]} range
 */
const levelOfValue = (value, [low, high]) => Math.round((TOP * (value - low)) / (high - low || 1));
