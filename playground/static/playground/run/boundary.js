/* Where a model draws the line: what it says on a grid over two columns, with the test rows on it. */

import { askModel } from "../wire/asking.js";
import { plain, ResultChart } from "../ui/charts.js";
import { color, symbol } from "../ui/class_marks.js";
import { element, find, formatNumber } from "../ui/dom.js";
import { listColumns } from "./tryit.js";

const SIDE = 31; // of the grid: 961 rows, as many as one `predict` takes
const PAGES = 3; // of a hundred test rows each
const MARGIN = 0.08; // around the test rows, as a share of their range

let socket = null;
let run = null; // { id, auxiliary }
let chart = null;
let rows = null; // the test rows, fetched once a run
let asked = 0;

export function startBoundary(trainingSocket) {
  socket = trainingSocket;
  chart = new ResultChart(find("boundary-chart"));
  find("boundary-box").addEventListener("toggle", () => find("boundary-box").open && draw());
  for (const id of ["boundary-x", "boundary-y"]) find(id).addEventListener("change", draw);
}

export function offerBoundary(id, auxiliary) {
  run = { id, auxiliary };
  rows = null;
  chart.show(null);
  find("boundary-status").textContent = "";
  const numbers = auxiliary.columns?.number ?? [];
  for (const [which, chosen] of [["boundary-x", 0], ["boundary-y", 1]]) {
    find(which).replaceChildren(...numbers.map((name, index) => element("option", { value: name, selected: index === chosen }, name)));
  }
  find("boundary-box").open = false;
  find("boundary-box").hidden = numbers.length < 2;
  // Two columns are all there is to see: then this is the picture of the model.
  if (numbers.length === 2 && listColumns(auxiliary).length === 2) find("boundary-box").open = true;
}

/** `names`: columns, the most important ones first. The picture starts with those, unless somebody looks at it already. */
export function preferColumns(names) {
  if (find("boundary-box").open) return;
  const numbers = names.filter((name) => run?.auxiliary.columns?.number.includes(name));
  if (numbers.length < 2) return;
  [find("boundary-x").value, find("boundary-y").value] = numbers;
}

/** For a ResultChart. `x`, `y`: the grid's values (n), (m); `grid`: [m][n] class indices, or numbers where `classes` is
    null; `points`: [{ x, y, actual, predicted }], what test rows really are; `names`: of the two columns. */
export function buildBoundary({ x, y, grid, classes, points = [], names = ["", ""] }) {
  return (palette) => ({
    title: "",
    x: plain(names[0]),
    y: plain(names[1]),
    traces: classes ? [...drawAreas(x, y, grid, classes), ...drawClasses(points, classes, palette)] : [drawHeights(x, y, grid), drawPoints(points, palette)],
    layout: {
      height: 460,
      showlegend: Boolean(classes),
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom" },
      annotations: classes ? nameAreas(x, y, grid, classes, palette) : [],
      xaxis: { range: [x[0], x.at(-1)] },
      yaxis: { range: [y[0], y.at(-1)] },
    },
    table: {
      head: [names[0], names[1], "it is", "the model says"],
      body: points.map((point) => [point.x, point.y, point.actual, point.predicted]),
    },
  });
}

async function draw() {
  const number = ++asked;
  const names = [find("boundary-x").value, find("boundary-y").value];
  if (names[0] === names[1]) {
    chart.show(null);
    find("boundary-status").textContent = "Choose two different columns.";
    return;
  }
  find("boundary-status").textContent = "Asking the model …";
  try {
    rows ??= await fetchRows(run.id);
    const points = rows
      .map(({ values, actual, predicted }) => ({ x: values[names[0]], y: values[names[1]], actual, predicted }))
      .filter((point) => Number.isFinite(point.x) && Number.isFinite(point.y));
    if (points.length === 0) throw new Error("The table of this run is gone, so that nobody knows which values to ask for.");
    const [x, y] = ["x", "y"].map((axis) => spread(points.map((point) => point[axis])));
    const asking = y.flatMap((b) => x.map((a) => ({ [names[0]]: a, [names[1]]: b })));
    const { predictions } = await askModel(socket, "predict", { run_id: run.id, rows: asking });
    if (number !== asked) return;
    const classes = run.auxiliary.category_list ?? null;
    const said = predictions.map(({ prediction }) => (classes ? classes.indexOf(prediction) : prediction));
    const grid = y.map((_, row) => said.slice(row * x.length, (row + 1) * x.length));
    chart.show(buildBoundary({ x, y, grid, classes, points, names }));
    find("boundary-status").textContent = `${points.length} test rows; the model was asked ${asking.length} times.`;
  } catch (error) {
    if (number === asked) find("boundary-status").textContent = `${error.message} ${error.hint ?? ""}`;
  }
}

async function fetchRows(runId) {
  const found = [];
  for (let page = 0; page < PAGES; page++) {
    const { rows: more, total } = await askModel(socket, "listTestRows", { run_id: runId, limit: 100, offset: found.length });
    found.push(...more);
    if (found.length >= total) break;
  }
  return found;
}

/** SIDE values over the range of these, and a little beyond. */
function spread(values) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const margin = (high - low || 1) * MARGIN;
  const step = (high - low + 2 * margin) / (SIDE - 1);
  return Array.from({ length: SIDE }, (_, index) => low - margin + index * step);
}

/** One area a class: what lies within its border. Plotly fills what does not meet a constraint. */
function drawAreas(x, y, grid, classes) {
  return classes.map((name, index) => ({
    type: "contour",
    name: plain(name),
    x,
    y,
    z: grid.map((row) => row.map((said) => Number(said === index))),
    contours: { type: "constraint", operation: "<", value: 0.5 },
    fillcolor: `${color(index)}4d`,
    line: { width: 0 },
    showlegend: false,
    hoverinfo: "skip",
  }));
}

function drawClasses(points, classes, palette) {
  return classes.flatMap((name, index) => {
    const own = points.filter(({ actual }) => actual === name);
    const marker = { color: color(index), symbol: symbol(index), size: 9, line: { width: 1, color: palette.ink } };
    return own.length ? [{ type: "scatter", mode: "markers", x: own.map((point) => point.x), y: own.map((point) => point.y), name: plain(name), marker, hovertemplate: "%{x}, %{y}" }] : [];
  });
}

/** Each area's name in the cell that has most of its own kind around it. */
function nameAreas(x, y, grid, classes, palette) {
  return classes.flatMap((name, index) => {
    let best = null;
    for (let row = 1; row < y.length - 1; row++) {
      for (let column = 1; column < x.length - 1; column++) {
        const depth = measureDepth(grid, row, column, index);
        if (depth > (best?.depth ?? 0)) best = { depth, x: x[column], y: y[row] };
      }
    }
    const look = { text: plain(name), showarrow: false, font: { size: 13, color: palette.ink }, bgcolor: palette.dark ? "rgba(27,34,43,.75)" : "rgba(255,255,255,.75)", borderpad: 2 };
    return best && best.depth > 1 ? [{ x: best.x, y: best.y, ...look }] : [];
  });
}

/** How many cells one can go from here in every direction without leaving the class. */
function measureDepth(grid, row, column, index) {
  let depth = 0;
  const holds = (distance) =>
    [[-1, 0], [1, 0], [0, -1], [0, 1], [-1, -1], [1, 1], [-1, 1], [1, -1]].every(([up, right]) => grid[row + up * distance]?.[column + right * distance] === index);
  while (grid[row][column] === index && holds(depth + 1)) depth++;
  return depth;
}

// Areas, too: heat maps of Plotly are pictures with a style attribute, which the Content-Security-Policy refuses.
const drawHeights = (x, y, grid) => ({ type: "contour", contours: { coloring: "fill", showlines: false }, line: { width: 0 }, x, y, z: grid, colorscale: "Cividis", opacity: 0.85, colorbar: { thickness: 12 }, hovertemplate: "%{x}, %{y}: %{z:.4g}<extra></extra>" });

const drawPoints = (points, palette) => ({
  type: "scatter",
  mode: "markers",
  x: points.map((point) => point.x),
  y: points.map((point) => point.y),
  text: points.map((point) => `is ${formatNumber(point.actual)}, said ${formatNumber(point.predicted)}`),
  marker: { size: 7, color: points.map((point) => point.actual), colorscale: "Cividis", line: { width: 1, color: palette.ink } },
  hovertemplate: "%{text}<extra></extra>",
});
