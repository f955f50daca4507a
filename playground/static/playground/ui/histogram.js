/* A small picture of what is in a column: bars that need no axes, and the same in words. Called by columns.js. */

import { drawing, formatNumber } from "./dom.js";

const WIDTH = 72;
const HEIGHT = 22;
const MOST_BARS = 12;

/**
 * An SVG of the column's values, or null where nothing can be counted.
 *
 * @param {import("../wire/types.d.ts").Column} column
 */
export function histogram(column) {
  const counts = column.histogram?.counts ?? column.top.map(({ count }) => count);
  if (!counts.length) return null;
  const shown = counts.slice(0, MOST_BARS);
  const highest = Math.max(...shown, 1);
  const step = WIDTH / shown.length;
  const bars = shown.map((count, position) => {
    const height = count ? Math.max(1, (HEIGHT * count) / highest) : 0; // what is rare is still seen
    return drawing("rect", { x: position * step, y: HEIGHT - height, width: Math.max(1, step - 1), height });
  });
  return drawing(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "histogram", role: "img", "aria-label": inWords(column) },
    ...bars,
  );
}

/**
 * "from 4.3 to 7.9, mean 5.8", or the most frequent values with their counts.
 *
 * @param {import("../wire/types.d.ts").Column} column
 */
export function inWords(column) {
  if (column.top.length) {
    const values = column.top.slice(0, 5).map(({ value, count }) => `${value}: ${count.toLocaleString()}`);
    return `${column.unique.toLocaleString()} different values; ${values.join(", ")}${column.unique > 5 ? " …" : ""}`;
  }
  if (column.minimum === null) return "nothing in it";
  /** @param {string | number | null} value */
  const write = (value) => (typeof value === "number" ? formatNumber(value) : String(value).slice(0, 10));
  return `from ${write(column.minimum)} to ${write(column.maximum)}${column.mean === null ? "" : `, mean ${formatNumber(column.mean)}`}`;
}
