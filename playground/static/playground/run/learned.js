/* "What it has learned": the boundary of a model over the points that it learns from, frame by frame while it trains and
   wherever the replay stands. Called by the run panel. */

import { classOf, locate, paint, readCells, valueOf } from "./boundary_picture.js";
import { swatch } from "../ui/class_marks.js";
import { element, find, formatNumber } from "../ui/dom.js";
import { Twin } from "../ui/twin.js";

const FRAME_MS = 75; // that each of several frames takes which arrive together: three times as fast as a slow run's come
const PLAY_MS = 1_500; // that all of them take at most
const TABLE_STEP = 5; // cells from one row or column of the table to the next
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

export class Learned {
  #canvas = find("learned-picture");
  #twin = new Twin(find("learned-figure"), "What it has learned", () => this.#tabulate());
  #grid = null; // what the run's first message holds
  #frames = [];
  #shown = -1; // which of them is to be seen
  #until = Infinity; // the epoch that the replay stands at
  #playing = null; // { from, seen, at }: milliseconds of it that were shown, up to this time
  #waiting = false;

  constructor() {
    new ResizeObserver(() => this.#drawSoon()).observe(this.#canvas);
  }

  clear() {
    find("learned").hidden = true;
    this.#grid = null;
    this.#frames = [];
    this.#shown = -1;
    this.#until = Infinity;
    this.#playing = null;
  }

  /** A trainingBoundary. `isLive`: somebody waits for it, so that frames which come together are played. */
  add(message, isLive) {
    if (!this.#grid) this.#begin(message);
    this.#frames.push(...message.frames.map((frame) => ({ ...frame, levels: readCells(frame.cells) })));
    const from = Math.max(0, this.#shown);
    this.#playing = isLive && !still.matches && this.#target() - from > 1 ? { from, seen: 0, at: performance.now() } : null;
    this.#drawSoon();
  }

  /** Shows what was learned up to this epoch; the model that is kept with Infinity. */
  seek(epoch) {
    this.#until = epoch;
    this.#playing = null;
    this.#drawSoon();
  }

  /** Which frame it comes to in the end. */
  #target() {
    const after = this.#frames.findIndex(({ epoch }) => epoch > this.#until);
    return after < 0 ? this.#frames.length - 1 : Math.max(0, after - 1);
  }

  #begin(message) {
    const { x, y, classes, values, points } = message;
    this.#grid = message;
    find("learned").hidden = false;
    const range = ({ name, minimum, maximum }) => `${name}, from ${formatNumber(minimum, 2)} to ${formatNumber(maximum, 2)}`;
    const dots = points.length ? " The dots are rows that it learns from." : "";
    const colors = classes ? "" : ` Dark blue stands for ${formatNumber(values[0], 3)}, yellow for ${formatNumber(values[1], 3)}.`;
    find("learned-axes").textContent = `Across: ${range(x)}. Up: ${range(y)}.${dots}${colors}`;
    find("learned-legend").replaceChildren(...(classes ?? []).map((name, index) => element("li", {}, swatch(index), element("span", {}, name))));
  }

  /** Once a frame of the screen, however many frames of the run arrive in it. */
  #drawSoon() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      this.#draw();
    });
  }

  #draw() {
    if (!this.#frames.length) return;
    this.#shown = this.#advance();
    const frame = this.#frames[this.#shown];
    paint(this.#canvas, this.#grid, frame.levels);
    find("learned-words").textContent = `${describeTime(frame)} ${describeFit(this.#grid, frame.levels)}`;
    this.#twin.refresh();
    if (this.#playing) this.#drawSoon();
  }

  /** The frame that is due now. Time for which the page was busy with something else does not count: nobody saw it. */
  #advance() {
    const target = this.#target();
    if (!this.#playing) return target;
    const { from, seen, at } = this.#playing;
    const now = performance.now();
    this.#playing = { from, seen: seen + Math.min(now - at, FRAME_MS), at: now };
    const share = Math.min(1, this.#playing.seen / Math.min(PLAY_MS, FRAME_MS * (target - from)));
    if (share === 1) this.#playing = null;
    return Math.round(from + share * (target - from));
  }

  #tabulate() {
    if (this.#shown < 0) return { head: [], body: [] };
    const { x, y, classes, values } = this.#grid;
    const { levels } = this.#frames[this.#shown];
    const pick = (axis) => Array.from({ length: Math.ceil(axis.steps / TABLE_STEP) }, (_, index) => index * TABLE_STEP);
    const at = (axis, index) => axis.minimum + (index / (axis.steps - 1)) * (axis.maximum - axis.minimum);
    const say = (level) => (classes ? classes[classOf(level, classes)] : valueOf(level, values));
    return {
      head: [`${y.name} \\ ${x.name}`, ...pick(x).map((column) => formatNumber(at(x, column), 3))],
      body: pick(y).reverse().map((row) => [formatNumber(at(y, row), 3), ...pick(x).map((column) => say(levels[row * x.steps + column]))]),
    };
  }
}

const describeTime = ({ epoch, final }) => (final ? "The finished model:" : `After epoch ${epoch.toLocaleString()}:`);

/** How well the dots and the areas go together, in a sentence. */
function describeFit(grid, levels) {
  const { classes, values, points } = grid;
  const found = points.map((point) => ({ point, cell: locate(grid, point) })).filter(({ cell }) => cell >= 0);
  if (!found.length) return classes ? describeAreas(classes, levels) : `from ${formatNumber(valueOf(Math.min(...levels), values), 3)} to ${formatNumber(valueOf(Math.max(...levels), values), 3)}.`;
  if (classes) {
    const right = found.filter(({ point, cell }) => classOf(levels[cell], classes) === point[2]).length;
    return `${Math.round((100 * right) / found.length)} % of the dots lie in the area of their own class.`;
  }
  const off = found.reduce((total, { point, cell }) => total + Math.abs(point[2] - valueOf(levels[cell], values)), 0);
  return `the colours are ${formatNumber(off / found.length, 2)} off the dots, on average.`;
}

function describeAreas(classes, levels) {
  const share = (index) => Math.round((100 * levels.filter((level) => classOf(level, classes) === index).length) / levels.length);
  return `${classes.map((name, index) => `${name} ${share(index)} %`).join(", ")} of the picture.`;
}
