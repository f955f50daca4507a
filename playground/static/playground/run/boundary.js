/* The decision boundary of a model, in one picture: frame by frame during training for the two features that are watched,
   and for any two features once the model is finished. Called by the run panel. */

import { askGrid, fetchTestRows } from "./boundary_grid.js";
import { classOf, locate, paint, readCells, valueOf } from "./boundary_picture.js";
import { swatch } from "../ui/class_marks.js";
import { element, find, formatNumber } from "../ui/dom.js";
import { Twin } from "../ui/twin.js";

const FRAME_MS = 75; // of each of several frames that arrive together: three times as fast as those of a slow run
const PLAY_MS = 1_500; // of all of them, at most
const TABLE_STEP = 5; // cells from one row or column of the table to the next
const AXES = ["x", "y"];
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

export class DecisionBoundary {
  #socket;
  #box = find("boundary-box");
  #canvas = find("boundary-picture");
  #selects = AXES.map((axis) => find(`boundary-${axis}`));
  #twin = new Twin(find("boundary-figure"), "Decision boundary", () => this.#tabulate());
  #watched = null; // the grid of the run's first message
  #frames = []; // of the watched grid
  #asked = null; // { grid, levels } of two other features, or null while the watched ones are shown
  #run = null; // { id, classes } once other features can be asked for
  #rows = null; // its test rows, fetched once
  #question = 0; // counts questions: a late answer to an old one is dropped
  #shown = -1; // the frame that is painted
  #until = Infinity; // the epoch of the replay
  #playing = null; // { from, seen, at }: milliseconds of it that were shown, up to this time
  #waiting = false;

  constructor(socket) {
    this.#socket = socket;
    new ResizeObserver(() => this.#drawSoon()).observe(this.#canvas);
    this.#box.addEventListener("toggle", () => this.#choose());
    for (const select of this.#selects) select.addEventListener("change", () => this.#choose());
  }

  clear() {
    this.#box.hidden = true;
    this.#box.open = false;
    find("boundary-choice").hidden = true;
    for (const select of this.#selects) select.replaceChildren();
    this.#watched = null;
    this.#frames = [];
    this.#asked = null;
    this.#run = null;
    this.#rows = null;
    this.#question++;
    this.#shown = -1;
    this.#until = Infinity;
    this.#playing = null;
  }

  /** A trainingBoundary. `isLive`: somebody waits for it, so that frames which come together are played. */
  add(message, isLive) {
    if (!this.#watched) this.#begin(message);
    this.#frames.push(...message.frames.map((frame) => ({ ...frame, levels: readCells(frame.cells) })));
    const from = Math.max(0, this.#shown);
    this.#playing = isLive && !still.matches && this.#target() - from > 1 ? { from, seen: 0, at: performance.now() } : null;
    this.#drawSoon();
  }

  /** Shows the boundary as of this epoch; that of the finished model with Infinity. */
  seek(epoch) {
    this.#until = epoch;
    this.#playing = null;
    this.#drawSoon();
  }

  /** The run is finished: from now on its model can be asked about any two of its numeric features. */
  offer(runId, { columns, category_list: classes = null }) {
    const names = columns?.number ?? [];
    this.#run = { id: runId, classes };
    if (names.length < 2) return;
    const watched = this.#watched && AXES.map((axis) => this.#watched[axis].name);
    this.#selects.forEach((select, side) => {
      const chosen = watched?.[side] ?? names[side];
      select.replaceChildren(...names.map((name) => element("option", { value: name, selected: name === chosen }, name)));
    });
    find("boundary-choice").hidden = names.length < 3;
    this.#box.hidden = false;
  }

  /** `names`: features, the most important ones first. The picture starts with those, unless it is open. */
  prefer(names) {
    if (this.#box.open || this.#watched) return;
    const offered = [...this.#selects[0].options].map(({ value }) => value);
    const best = names.filter((name) => offered.includes(name)).slice(0, 2);
    if (best.length === 2) this.#selects.forEach((select, side) => (select.value = best[side]));
  }

  #begin(message) {
    this.#watched = message;
    this.#box.hidden = false;
    this.#box.open = true;
    this.#describe(message);
  }

  #describe({ x, y, classes, values, points, ofTest = false }) {
    const range = ({ name, minimum, maximum }) => `${name}, from ${formatNumber(minimum, 2)} to ${formatNumber(maximum, 2)}`;
    const dots = points.length ? ` The points are ${ofTest ? "test" : "training"} rows.` : "";
    const colors = classes ? "" : ` Dark blue stands for ${formatNumber(values[0], 3)}, yellow for ${formatNumber(values[1], 3)}.`;
    find("boundary-axes").textContent = `Horizontal: ${range(x)}. Vertical: ${range(y)}.${dots}${colors}`;
    find("boundary-legend").replaceChildren(...(classes ?? []).map((name, index) => element("li", {}, swatch(index), element("span", {}, name))));
  }

  /** Shows the chosen features: by the frames of the run where these are watched, or else by asking the model. */
  async #choose() {
    if (!this.#box.open || !this.#run) return;
    const question = ++this.#question;
    const names = this.#selects.map(({ value }) => value);
    const isWatched = this.#watched && AXES.every((axis, side) => this.#watched[axis].name === (names[side] || this.#watched[axis].name));
    if (isWatched) {
      if (!this.#asked) return;
      this.#asked = null;
      this.#describe(this.#watched);
      this.#drawSoon();
    } else if (names[0] === names[1]) find("boundary-words").textContent = "Choose two different features.";
    else await this.#ask(question, names);
  }

  async #ask(question, names) {
    const { id, classes } = this.#run;
    find("boundary-words").textContent = "Computing …";
    try {
      this.#rows ??= await fetchTestRows(this.#socket, id);
      const asked = await askGrid(this.#socket, id, { names, classes, rows: this.#rows });
      if (question !== this.#question) return;
      this.#asked = asked;
      this.#describe(asked.grid);
      this.#drawSoon();
    } catch (error) {
      if (question === this.#question) find("boundary-words").textContent = `${error.message} ${error.hint ?? ""}`;
    }
  }

  /** The index of the frame that is painted in the end. */
  #target() {
    const after = this.#frames.findIndex(({ epoch }) => epoch > this.#until);
    return after < 0 ? this.#frames.length - 1 : Math.max(0, after - 1);
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
    if (this.#frames.length) this.#shown = this.#advance();
    const current = this.#current();
    if (!current) return;
    paint(this.#canvas, current.grid, current.levels);
    find("boundary-words").textContent = `${describeTime(current)} ${describeFit(current.grid, current.levels)}`;
    this.#twin.refresh();
    if (this.#playing) this.#drawSoon();
  }

  /** { grid, levels, … } of what is shown; null before there is any. */
  #current() {
    if (this.#asked) return { ...this.#asked, final: true };
    return this.#shown < 0 ? null : { grid: this.#watched, ...this.#frames[this.#shown] };
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
    const current = this.#current();
    if (!current) return { head: [], body: [] };
    const { grid: { x, y, classes, values }, levels } = current;
    const pick = (axis) => Array.from({ length: Math.ceil(axis.steps / TABLE_STEP) }, (_, index) => index * TABLE_STEP);
    const at = (axis, index) => axis.minimum + (index / (axis.steps - 1)) * (axis.maximum - axis.minimum);
    const say = (level) => (classes ? classes[classOf(level, classes)] : valueOf(level, values));
    return {
      head: [`${y.name} \\ ${x.name}`, ...pick(x).map((column) => formatNumber(at(x, column), 3))],
      body: pick(y).reverse().map((row) => [formatNumber(at(y, row), 3), ...pick(x).map((column) => say(levels[row * x.steps + column]))]),
    };
  }
}

const describeTime = ({ epoch, final }) => (final ? "Finished model:" : `After epoch ${epoch.toLocaleString()}:`);

/** How well points and areas agree, in a sentence. */
function describeFit(grid, levels) {
  const { classes, values, points } = grid;
  const found = points.map((point) => ({ point, cell: locate(grid, point) })).filter(({ cell }) => cell >= 0);
  if (!found.length) return classes ? describeAreas(classes, levels) : `predictions from ${formatNumber(valueOf(Math.min(...levels), values), 3)} to ${formatNumber(valueOf(Math.max(...levels), values), 3)}.`;
  if (classes) {
    const right = found.filter(({ point, cell }) => classOf(levels[cell], classes) === point[2]).length;
    return `${Math.round((100 * right) / found.length)} % of the points lie in the area of their own class.`;
  }
  const off = found.reduce((total, { point, cell }) => total + Math.abs(point[2] - valueOf(levels[cell], values)), 0);
  return `mean absolute error of the points: ${formatNumber(off / found.length, 2)}.`;
}

function describeAreas(classes, levels) {
  const share = (index) => Math.round((100 * levels.filter((level) => classOf(level, classes) === index).length) / levels.length);
  return `${classes.map((name, index) => `${name} ${share(index)} %`).join(", ")} of the picture.`;
}
