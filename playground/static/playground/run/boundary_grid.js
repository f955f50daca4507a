/* Asks the stored model of a run for its decision boundary over two features, with test rows on it. Called by boundary.js. */

import { askModel } from "../wire/asking.js";
import { TOP } from "./boundary_picture.js";

const SIDE = 31; // of the grid: 961 rows, as many as one `predict` takes
const PAGES = 3; // of a hundred test rows each
const MARGIN = 0.08; // around the test rows, as a share of their range

/** Test rows of a run, as `listTestRows` gives them. */
export async function fetchTestRows(socket, runId) {
  const found = [];
  for (let page = 0; page < PAGES; page++) {
    const { rows, total } = await askModel(socket, "listTestRows", { run_id: runId, limit: 100, offset: found.length });
    found.push(...rows);
    if (found.length >= total) break;
  }
  return found;
}

/** Gives { grid, levels } as a `trainingBoundary` holds them, of the finished model. `names`: of the two features;
    `classes`: null for a regression; `rows`: of fetchTestRows. */
export async function askGrid(socket, runId, { names, classes, rows }) {
  const points = rows
    .map(({ values, actual }) => [values[names[0]], values[names[1]], classes ? classes.indexOf(actual) : actual])
    .filter((point) => point.every(Number.isFinite));
  if (!points.length) throw new Error("The table of this run is gone, so the ranges of its features are unknown.");
  const [x, y] = names.map((name, side) => spread(name, points.map((point) => point[side])));
  const asked = valuesOf(y).flatMap((up) => valuesOf(x).map((across) => ({ [names[0]]: across, [names[1]]: up })));
  const { predictions } = await askModel(socket, "predict", { run_id: runId, rows: asked });
  const values = classes ? null : rangeOf([...predictions.map(({ prediction }) => prediction), ...points.map((point) => point[2])]);
  const levels = predictions.map((each) => (classes ? levelOfClass(each, classes) : levelOfValue(each.prediction, values)));
  return { grid: { x, y, classes, values, points, ofTest: true }, levels: Uint8Array.from(levels) };
}

const rangeOf = (values) => [Math.min(...values), Math.max(...values)];

/** An axis over the range of these values, and a little beyond. */
function spread(name, values) {
  const [low, high] = rangeOf(values);
  const margin = (high - low || 1) * MARGIN;
  return { name, minimum: low - margin, maximum: high + margin, steps: SIDE };
}

const valuesOf = ({ minimum, maximum, steps }) => Array.from({ length: steps }, (_, index) => minimum + (index / (steps - 1)) * (maximum - minimum));

/** Of two classes, the second's probability on the side of the predicted one: the threshold need not be one half. */
export function levelOfClass({ prediction, probabilities }, classes) {
  const said = classes.indexOf(prediction);
  if (classes.length !== 2) return said;
  const level = Math.round(TOP * (probabilities?.[classes[1]] ?? said));
  return said === 1 ? Math.max(level, Math.ceil(TOP / 2)) : Math.min(level, Math.floor(TOP / 2));
}

const levelOfValue = (value, [low, high]) => Math.round((TOP * (value - low)) / (high - low || 1));
