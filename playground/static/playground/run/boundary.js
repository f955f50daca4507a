/* <decision-boundary>: the decision boundary of a model in one picture: frame by frame during training for the two features
   that are watched, and for any two features once the model is finished. */

import { swatch } from "../ui/class_marks.js";
import { Component } from "../ui/component.js";
import { element, formatNumber } from "../ui/dom.js";
import { Twin } from "../ui/twin.js";
import { askGrid, fetchTestRows } from "./boundary_grid.js";
import { classOf, locate, numberOf, paint, readCells } from "./boundary_picture.js";

/**
 * @typedef {import("../wire/types.d.ts").TrainingBoundary} TrainingBoundary
 * @typedef {import("./boundary_picture.js").Grid} Grid
 * @typedef {{ levels: Uint8Array, epoch: number, final: boolean }} Frame
 */

const FRAME_MS = 75; // of each of several frames that arrive together: three times as fast as those of a slow run
const PLAY_MS = 1_500; // of all of them, at most
const TABLE_STEP = 5; // cells from one row or column of the table to the next
const AXES = /** @type {const} */ (["x", "y"]);

class DecisionBoundary extends Component {
  /** @type {import("../wire/socket.js").Socket | null} */
  #socket = null;
  /** @type {Twin | null} */
  #twin = null;
  /** @type {TrainingBoundary | null} */
  #watched = null; // the grid of the run's first message
  /** @type {Frame[]} */
  #frames = []; // of the watched grid
  /** @type {{ grid: Grid, levels: Uint8Array } | null} */
  #asked = null; // of two other features, or null while the watched ones are shown
  /** @type {{ id: string, classes: string[] | null } | null} */
  #run = null; // once other features can be asked for
  /** @type {import("../wire/types.d.ts").TestRow[] | null} */
  #rows = null; // its test rows, fetched once
  #question = 0; // counts questions: a late answer to an old one is dropped
  #shown = -1; // the frame that is painted
  #until = Infinity; // the epoch of the replay
  /** @type {{ from: number, seen: number, at: number } | null} */
  #playing = null; // milliseconds of it that were shown, up to this time
  #waiting = false;

  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, socket }) {
    this.#socket = socket;
    this.#twin = new Twin(this.one("#boundary-figure"), "Decision boundary", () => this.#tabulate());
    new ResizeObserver(() => this.#drawSoon()).observe(this.#canvas);
    this.#box.addEventListener("toggle", () => this.#choose());
    for (const select of this.#selects) select.addEventListener("change", () => this.#choose());
    store.watch(
      ({ run }) => run?.run_id,
      () => this.#clear(),
    );
    store.watch(
      ({ boundaries }) => boundaries.at(-1),
      (message) => message && this.#add(message, store.state.isLive),
    );
    store.watch(
      ({ result }) => result,
      (result) => {
        if (result && store.state.run?.own) this.#offer(result.run_id, result.auxiliary_outputs);
      },
    );
    store.watch(
      ({ insights }) => insights,
      (insights) => {
        if (insights) this.#prefer(insights.feature_importance.map(({ column }) => column));
      },
    );
    store.watch(
      ({ until }) => until,
      (until) => {
        this.#until = until;
        this.#playing = null;
        this.#drawSoon();
      },
    );
  }

  get #box() {
    return this.one("#boundary-box", HTMLDetailsElement);
  }

  get #canvas() {
    return this.one("#boundary-picture", HTMLCanvasElement);
  }

  get #selects() {
    return AXES.map((axis) => this.one(`#boundary-${axis}`, HTMLSelectElement));
  }

  #clear() {
    this.#box.hidden = true;
    this.#box.open = false;
    this.one("#boundary-choice").hidden = true;
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

  /**
   * @param {TrainingBoundary} message
   * @param {boolean} isLive somebody waits for it, so that frames which come together are played
   */
  #add(message, isLive) {
    if (!this.#watched) this.#begin(message);
    this.#frames.push(...message.frames.map((frame) => ({ ...frame, levels: readCells(frame.cells) })));
    const from = Math.max(0, this.#shown);
    this.#playing = isLive && !isStill() && this.#target() - from > 1 ? { from, seen: 0, at: performance.now() } : null;
    this.#drawSoon();
  }

  /**
   * The run is finished: from now on its model can be asked about any two of its numeric features.
   *
   * @param {string} runId
   * @param {Record<string, any>} auxiliary
   */
  #offer(runId, { columns, category_list: classes = null }) {
    /** @type {string[]} */
    const names = columns?.number ?? [];
    this.#run = { id: runId, classes };
    if (names.length < 2) return;
    const watched = this.#watched && [this.#watched.x.name, this.#watched.y.name];
    this.#selects.forEach((select, side) => {
      const chosen = watched?.[side] ?? names[side];
      select.replaceChildren(
        ...names.map((name) => element("option", { value: name, selected: name === chosen }, name)),
      );
    });
    this.one("#boundary-choice").hidden = names.length < 3;
    this.#box.hidden = false;
  }

  /**
   * The picture starts with these, unless it is open.
   *
   * @param {string[]} names features, the most important ones first
   */
  #prefer(names) {
    if (this.#box.open || this.#watched) return;
    const offered = [...this.#selects[0].options].map(({ value }) => value);
    const best = names.filter((name) => offered.includes(name)).slice(0, 2);
    if (best.length === 2)
      this.#selects.forEach((select, side) => {
        select.value = best[side];
      });
  }

  /** @param {TrainingBoundary} message */
  #begin(message) {
    this.#watched = message;
    this.#box.hidden = false;
    this.#box.open = true;
    this.#describe(message);
  }

  /** @param {Grid} grid */
  #describe({ x, y, classes, values, points, ofTest = false }) {
    /** @param {import("../wire/types.d.ts").BoundaryAxis} axis */
    const range = ({ name, minimum, maximum }) =>
      `${name}, from ${formatNumber(minimum, 2)} to ${formatNumber(maximum, 2)}`;
    const dots = points.length ? ` The points are ${ofTest ? "test" : "training"} rows.` : "";
    const colors = !values
      ? ""
      : ` Dark blue stands for ${formatNumber(values[0], 3)}, yellow for ${formatNumber(values[1], 3)}.`;
    this.one("#boundary-axes").textContent = `Horizontal: ${range(x)}. Vertical: ${range(y)}.${dots}${colors}`;
    this.one("#boundary-legend").replaceChildren(
      ...(classes ?? []).map((name, index) => element("li", {}, swatch(index), element("span", {}, name))),
    );
  }

  /** Shows the chosen features: by the frames of the run where these are watched, or else by asking the model. */
  async #choose() {
    if (!this.#box.open || !this.#run) return;
    const question = ++this.#question;
    const names = this.#selects.map(({ value }) => value);
    const watched = this.#watched;
    const isWatched = watched && AXES.every((axis, side) => watched[axis].name === (names[side] || watched[axis].name));
    if (isWatched) {
      if (!this.#asked) return;
      this.#asked = null;
      this.#describe(watched);
      this.#drawSoon();
    } else if (names[0] === names[1]) this.one("#boundary-words").textContent = "Choose two different features.";
    else await this.#ask(question, names);
  }

  /**
   * @param {number} question
   * @param {string[]} names
   */
  async #ask(question, names) {
    if (!this.#run || !this.#socket) return;
    const { id, classes } = this.#run;
    this.one("#boundary-words").textContent = "Computing …";
    try {
      this.#rows ??= await fetchTestRows(this.#socket, id);
      const asked = await askGrid(this.#socket, id, { names, classes, rows: this.#rows });
      if (question !== this.#question) return;
      this.#asked = asked;
      this.#describe(asked.grid);
      this.#drawSoon();
    } catch (/** @type {any} */ error) {
      if (question === this.#question) this.one("#boundary-words").textContent = `${error.message} ${error.hint ?? ""}`;
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
    this.one("#boundary-words").textContent = `${describeTime(current)} ${describeFit(current.grid, current.levels)}`;
    this.#twin?.refresh();
    if (this.#playing) this.#drawSoon();
  }

  /**
   * What is shown; null before there is anything.
   *
   * @returns {{ grid: Grid, levels: Uint8Array, epoch: number, final: boolean } | null}
   */
  #current() {
    if (this.#asked) return { ...this.#asked, epoch: 0, final: true };
    return this.#shown < 0 || !this.#watched ? null : { grid: this.#watched, ...this.#frames[this.#shown] };
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
    const {
      grid: { x, y, classes, values },
      levels,
    } = current;
    /** @typedef {import("../wire/types.d.ts").BoundaryAxis} Axis */
    const pick = (/** @type {Axis} */ axis) =>
      Array.from({ length: Math.ceil(axis.steps / TABLE_STEP) }, (_, index) => index * TABLE_STEP);
    const at = (/** @type {Axis} */ axis, /** @type {number} */ index) =>
      axis.minimum + (index / (axis.steps - 1)) * (axis.maximum - axis.minimum);
    const say = (/** @type {number} */ level) =>
      values ? numberOf(level, values) : classes?.[classOf(level, classes)];
    return {
      head: [`${y.name} \\ ${x.name}`, ...pick(x).map((column) => formatNumber(at(x, column), 3))],
      body: pick(y)
        .reverse()
        .map((row) => [formatNumber(at(y, row), 3), ...pick(x).map((column) => say(levels[row * x.steps + column]))]),
    };
  }
}

const isStill = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** @param {{ epoch: number, final: boolean }} frame */
const describeTime = ({ epoch, final }) => (final ? "Finished model:" : `After epoch ${epoch.toLocaleString()}:`);

/**
 * How well points and areas agree, in a sentence.
 *
 * @param {Grid} grid
 * @param {Uint8Array} levels
 */
function describeFit(grid, levels) {
  const { classes, values, points } = grid;
  const found = points.map((point) => ({ point, cell: locate(grid, point) })).filter(({ cell }) => cell >= 0);
  if (!values || classes) {
    if (!classes || !found.length) return describeAreas(classes ?? [], levels);
    const right = found.filter(({ point, cell }) => classOf(levels[cell], classes) === point[2]).length;
    return `${Math.round((100 * right) / found.length)} % of the points lie in the area of their own class.`;
  }
  if (!found.length) {
    const [low, high] = [Math.min(...levels), Math.max(...levels)].map((level) => numberOf(level, values));
    return `predictions from ${formatNumber(low, 3)} to ${formatNumber(high, 3)}.`;
  }
  const off = found.reduce((total, { point, cell }) => total + Math.abs(point[2] - numberOf(levels[cell], values)), 0);
  return `mean absolute error of the points: ${formatNumber(off / found.length, 2)}.`;
}

/**
 * @param {string[]} classes
 * @param {Uint8Array} levels
 */
function describeAreas(classes, levels) {
  const share = (/** @type {number} */ index) =>
    Math.round((100 * levels.filter((level) => classOf(level, classes) === index).length) / levels.length);
  return `${classes.map((name, index) => `${name} ${share(index)} %`).join(", ")} of the picture.`;
}

customElements.define("decision-boundary", DecisionBoundary);
