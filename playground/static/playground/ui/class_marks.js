/* How classes are told apart in a picture: a colour and a mark each, since colour alone is not seen by all. */

import { drawing } from "./dom.js";

// Okabe and Ito's colours, told apart by all eyes ("Color universal design", 2008); a mark of its own and a name go along.
const COLORS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#8a7a00", "#777777"];

// One less than there are colours: so a ninth class has the first one's colour, and another mark.
const MARKS = ["circle", "square", "diamond", "triangle-up", "x", "cross", "star"]; // as Plotly calls them

/** The same as paths around (0, 0), 2 wide and high. @type {Record<string, string>} */
const PATHS = {
  circle: "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z",
  square: "M-.85-.85H.85V.85H-.85Z",
  diamond: "M0-1.15L1.15 0L0 1.15L-1.15 0Z",
  "triangle-up": "M0-1.1L1.05.8H-1.05Z",
  x: "M-.9-.5L-.5-.9L0-.4L.5-.9L.9-.5L.4 0L.9.5L.5.9L0 .4L-.5.9L-.9.5L-.4 0Z",
  cross: "M-.35-1.1H.35V-.35H1.1V.35H.35V1.1H-.35V.35H-1.1V-.35H-.35Z",
  star: "M0-1.2L.3-.4L1.15-.37L.48.15L.7.97L0 .5L-.7.97L-.48.15L-1.15-.37L-.3-.4Z",
};

/** @param {number} index of the class */
export const color = (index) => COLORS[index % COLORS.length];
/** @param {number} index of the class */
export const symbol = (index) => MARKS[index % MARKS.length];

/**
 * A Path2D of a class's mark around (0, 0), 2 wide and high.
 *
 * @param {number} index of the class
 */
export const path = (index) => new Path2D(PATHS[symbol(index)]);

/**
 * A class's mark in its colour, for a legend.
 *
 * @param {number} index of the class
 */
export const swatch = (index) =>
  drawing(
    "svg",
    { viewBox: "-1.4 -1.4 2.8 2.8", width: 14, height: 14, "aria-hidden": "true" },
    drawing("path", { d: PATHS[symbol(index)], fill: color(index) }),
  );
