/* The picture of a boundary: what a model says on a grid, under training or test rows. Called by boundary.js.

   On a canvas: heat maps of Plotly are pictures with a style attribute, which the Content-Security-Policy refuses. */

/**
 * @typedef {import("../wire/types.d.ts").BoundaryAxis} Axis
 * @typedef {Pick<import("../wire/types.d.ts").TrainingBoundary, "x" | "y" | "classes" | "values" | "points">
 *   & { ofTest?: boolean }} Grid `ofTest`: whether its points are test rows
 */

import { color, path } from "../ui/class_marks.js";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const LEVEL = new Map([...ALPHABET].map((character, level) => [character, level]));
export const TOP = ALPHABET.length - 1; // the highest level of a cell
const DOT = 4.2; // pixels from the middle of a point to its edge
const RIM = "#ffffff"; // of a point, in light and dark: it lies on a colour like its own
const FAINT = 0.14; // of a colour where two classes are as likely
const STRONG = 0.68; // where one is certain
const EVEN = 0.42; // where nothing is known of how certain it is
const RAMP = ["#00306f", "#2f5b8c", "#7c7b78", "#b9a85a", "#fde737"].map(toRgb); // after Cividis, for all eyes

/**
 * What a frame says, cell by cell: 0 to 63.
 *
 * @param {string} cells
 */
export const readCells = (cells) => Uint8Array.from(cells, (character) => LEVEL.get(character) ?? 0);

/**
 * Class index of a level; of two classes it is the second's probability.
 *
 * @param {number} level
 * @param {string[]} classes
 */
export const classOf = (level, classes) => (classes.length === 2 ? Number(level > TOP / 2) : level);

/**
 * The number that a level of a regression stands for.
 *
 * @param {number} level
 * @param {[number, number]} range
 */
export const numberOf = (level, [low, high]) => low + (level / TOP) * (high - low);

/**
 * The position in `cells` of the cell that a point lies in; -1 beside the grid.
 *
 * @param {Grid} grid
 * @param {[number, number, number]} point
 */
export function locate({ x, y }, [across, up]) {
  const [column, row] = [place(across, x), place(up, y)].map(Math.round);
  return column >= 0 && row >= 0 && column < x.steps && row < y.steps ? row * x.steps + column : -1;
}

/**
 * Paints a frame. The page shows through the colours, so that they are right in light and dark.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Grid} grid
 * @param {Uint8Array} levels of the frame
 */
export function paint(canvas, grid, levels) {
  const scale = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * scale));
  if (!width || !height) return; // not shown
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  if (!context) return;
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(paintCells(grid, levels), 0, 0, width, height);
  paintPoints(context, grid, { width, height, scale });
}

/**
 * How many steps of an axis a value is above its lowest.
 *
 * @param {number} value
 * @param {Axis} axis
 */
const place = (value, { minimum, maximum, steps }) => ((value - minimum) / (maximum - minimum)) * (steps - 1);

/**
 * A pixel a cell, the lowest row at the bottom.
 *
 * @param {Grid} grid
 * @param {Uint8Array} levels
 */
function paintCells({ x, y, classes }, levels) {
  const small = new OffscreenCanvas(x.steps, y.steps);
  const image = new ImageData(x.steps, y.steps);
  levels.forEach((level, position) => {
    const row = y.steps - 1 - Math.floor(position / x.steps);
    image.data.set(
      classes ? colorOfClass(level, classes) : colorOfValue(level),
      4 * (row * x.steps + (position % x.steps)),
    );
  });
  small.getContext("2d")?.putImageData(image, 0, 0);
  return small;
}

/**
 * @param {number} level
 * @param {string[]} classes
 */
function colorOfClass(level, classes) {
  const certainty = Math.abs((2 * level) / TOP - 1);
  const share = classes.length === 2 ? FAINT + (STRONG - FAINT) * certainty : EVEN;
  return [...toRgb(color(classOf(level, classes))), Math.round(255 * share)];
}

/** @param {number} level */
function colorOfValue(level) {
  const at = (level / TOP) * (RAMP.length - 1);
  const [low, high] = [RAMP[Math.floor(at)], RAMP[Math.ceil(at)]];
  return [...low.map((part, index) => Math.round(part + (at % 1) * (high[index] - part))), 217];
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Grid} grid
 * @param {{ width: number, height: number, scale: number }} size
 */
function paintPoints(context, { x, y, classes, values, points }, { width, height, scale }) {
  const [wide, high] = [width / x.steps, height / y.steps];
  context.strokeStyle = RIM;
  for (const [across, up, said] of points) {
    const mark = new Path2D();
    const at = new DOMMatrix([
      DOT * scale,
      0,
      0,
      DOT * scale,
      (place(across, x) + 0.5) * wide,
      height - (place(up, y) + 0.5) * high,
    ]);
    mark.addPath(path(classes ? said : 0), at);
    context.fillStyle = values ? `rgb(${colorOfValue(levelOf(said, values)).slice(0, 3).join(" ")})` : color(said);
    context.lineWidth = 1.2 * scale;
    context.fill(mark);
    context.stroke(mark);
  }
}

/**
 * @param {number} value
 * @param {[number, number]} range
 */
const levelOf = (value, [low, high]) => Math.min(TOP, Math.max(0, ((value - low) / (high - low)) * TOP));

/** @param {string} hex */
function toRgb(hex) {
  return [1, 3, 5].map((start) => Number.parseInt(hex.slice(start, start + 2), 16));
}
