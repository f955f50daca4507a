/* Charts with Plotly: at most one is drawn per animation frame however often they change; all anew when the theme does. */

import { getPlotly, startPlotly } from "./plotly.js";
import { theme } from "./theme.js";
import { Twin } from "./twin.js";

const TRAIN = { light: "#2563a8", dark: "#7ab8f5" };
const TEST = { light: "#c2570c", dark: "#f5a35c" };
const HELD = { light: "#1f7a4d", dark: "#6fcf97" };
const QUIET = { light: "#7a8796", dark: "#8492a3" };
const MAX_DRAWN = 2_000; // points of a curve; of more, the lowest and the highest of every few are drawn
const REST = 4; // a chart rests this many times as long as its drawing took: the page stays quick on a slow machine

const DRAWN = "chart-drawn"; // told to the document: two charts in one frame would make it late

/**
 * @typedef {{ light: string, dark: string }} Color
 * @typedef {{ main: string, second: string, quiet: string, ink: string, dark: boolean }} Palette of the theme
 * @typedef {{ head: string[], body: any[][] }} Table
 * @typedef {{ title: string, x: string, y: string, traces: any[], layout?: any, table?: Table }} Drawing `table` is there
 *   where the points of the traces alone would not say it
 */

class Chart {
  #busy = 0; // the frame that a chart was drawn in last
  #waiting = false;
  #restUntil = 0;
  /** @type {Twin | null} */
  #twin = null;

  /**
   * In a figure, a chart has a table with the same numbers.
   *
   * @param {HTMLElement} node
   */
  constructor(node) {
    this.node = node;
    this.figure = node.closest("figure");
    if (this.figure) {
      this.#twin = new Twin(this.figure, node.getAttribute("aria-label") ?? "", () => this.tabulate());
      this.reveal(!node.hidden);
    }
    theme.addEventListener("change", () => this.drawSoon());
    document.addEventListener(DRAWN, (event) => {
      this.#busy = /** @type {CustomEvent<number>} */ (event).detail;
    });
  }

  /** Draws what there is. */
  draw() {}

  /** @returns {Table} the numbers of the picture */
  tabulate() {
    return { head: [], body: [] };
  }

  /**
   * Shows or hides it, with its figure.
   *
   * @param {boolean} shown
   */
  reveal(shown) {
    this.node.hidden = !shown;
    if (this.figure) this.figure.hidden = !shown;
  }

  drawSoon() {
    if (this.#waiting) return;
    this.#waiting = true;
    /** @param {number} now */
    const frame = (now) => {
      if (now === this.#busy || now < this.#restUntil) {
        requestAnimationFrame(frame);
        return;
      }
      this.#waiting = false;
      document.dispatchEvent(new CustomEvent(DRAWN, { detail: now }));
      if (getPlotly()) this.#drawNow();
      else startPlotly().then(() => this.drawSoon());
    };
    requestAnimationFrame(frame);
  }

  #drawNow() {
    const began = performance.now();
    this.draw();
    const ended = performance.now();
    this.#restUntil = ended + REST * (ended - began);
    this.#twin?.refresh();
  }

  /**
   * One of the colours above for the theme of now.
   *
   * @param {Color} name
   */
  color(name) {
    return name[theme.matches ? "dark" : "light"];
  }

  /**
   * @param {string} title
   * @param {any[]} traces
   * @param {any} layout
   */
  plot(title, traces, { xaxis, yaxis, ...layout }) {
    const ink = theme.matches ? "#d6dde6" : "#2b3440";
    const axis = { gridcolor: theme.matches ? "#37414d" : "#e3e8ee", zeroline: false, color: ink };
    const common = {
      title: { text: title, font: { size: 15 }, x: 0.02 },
      font: { color: ink, family: "system-ui, sans-serif" },
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      margin: { l: 50, r: 12, t: 36, b: 40 },
      autosize: true,
      height: 260,
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1.15 },
      xaxis: { ...axis, ...xaxis },
      yaxis: { ...axis, ...yaxis },
    };
    getPlotly()?.react(this.node, traces, { ...common, ...layout }, { responsive: true, displayModeBar: false });
  }
}

/** A number by epoch, for training and test rows, and for validation rows where there are any. */
export class Curves extends Chart {
  #title;
  #percent;
  /** @type {number[]} */
  #epochs = [];
  /** @type {(number | null)[]} */
  #train = [];
  /** @type {(number | null)[]} */
  #test = [];
  /** @type {(number | null)[]} */
  #held = [];
  #until = Infinity;

  /**
   * @param {HTMLElement} node
   * @param {string} title
   * @param {boolean} [percent]
   */

  constructor(node, title, percent = false) {
    super(node);
    this.#title = title;
    this.#percent = percent;
  }

  /**
   * Shows these epochs in order, and nothing where none of them has a number.
   *
   * @param {{ epoch: number, train: number | null, test: number | null, held?: number | null }[]} rows
   */
  show(rows) {
    const known = rows.filter(({ train, test }) => train !== null || test !== null);
    this.#epochs = known.map(({ epoch }) => epoch);
    this.#train = known.map(({ train }) => train);
    this.#test = known.map(({ test }) => test);
    this.#held = known.map(({ held = null }) => held);
    this.reveal(known.length > 0);
    this.drawSoon();
  }

  /**
   * Draws the epochs up to this one alone, at the scale of all; all of them with Infinity.
   *
   * @param {number} epoch
   */
  seek(epoch) {
    this.#until = epoch;
    this.drawSoon();
  }

  draw() {
    const last = this.#epochs.at(-1) ?? 1;
    const shown = choose(this.#train, countUntil(this.#epochs, this.#until));
    const marks = shown.length === 1 ? "lines+markers" : "lines";
    /**
     * @param {(number | null)[]} y
     * @param {string} name
     * @param {Color} color
     * @param {string} dash
     */
    const line = (y, name, color, dash) => ({
      x: shown.map((index) => this.#epochs[index]),
      y: shown.map((index) => y[index]),
      name,
      mode: marks,
      line: { color: this.color(color), width: 2, dash },
    });
    const lines = [line(this.#train, "train", TRAIN, "solid"), line(this.#test, "test", TEST, "dash")];
    if (this.#held.some((value) => value !== null)) lines.push(line(this.#held, "validation", HELD, "dot"));
    const replaying = this.#until < last;
    const range = replaying ? { range: [0, last] } : { rangemode: "tozero" };
    this.plot(this.#title, lines, {
      datarevision: `${this.#epochs.length} ${this.#until}`,
      xaxis: { title: { text: "epoch" }, ...range },
      yaxis: {
        tickformat: this.#percent ? ".0%" : "",
        ...(replaying ? { range: this.#rangeOfAll() } : { rangemode: this.#percent ? "normal" : "tozero" }),
      },
    });
  }

  tabulate() {
    const held = this.#held.some((value) => value !== null);
    return {
      head: ["epoch", "train", "test", ...(held ? ["validation"] : [])],
      body: this.#epochs.map((epoch, index) => [
        epoch,
        this.#train[index],
        this.#test[index],
        ...(held ? [this.#held[index]] : []),
      ]),
    };
  }

  #rangeOfAll() {
    const values = [...this.#train, ...this.#test, ...this.#held].filter((value) => value !== null);
    const [low, high] = values.reduce(
      ([a, b], value) => [Math.min(a, value), Math.max(b, value)],
      [Infinity, -Infinity],
    );
    const margin = (high - low || 1) * 0.06;
    return [this.#percent ? low - margin : 0, high + margin];
  }
}

/**
 * How many of these ascending epochs come up to this one.
 *
 * @param {number[]} epochs
 * @param {number} until
 */
function countUntil(epochs, until) {
  const after = epochs.findIndex((epoch) => epoch > until);
  return after < 0 ? epochs.length : after;
}

/**
 * Which of the first `count` points are drawn, so that a leap is still seen among many.
 *
 * @param {(number | null)[]} numbers
 * @param {number} count
 */
function choose(numbers, count) {
  const values = numbers.map((value) => value ?? Number.NaN);
  const all = Array.from({ length: count }, (_, index) => index);
  if (count <= MAX_DRAWN) return all;
  const width = Math.ceil((2 * count) / MAX_DRAWN);
  const kept = new Set([count - 1]);
  for (let start = 0; start < count; start += width) {
    const part = all.slice(start, start + width);
    kept.add(part.reduce((best, index) => (values[index] < values[best] ? index : best)));
    kept.add(part.reduce((best, index) => (values[index] > values[best] ? index : best)));
  }
  return [...kept].sort((a, b) => a - b);
}

/** A chart that is drawn from what `build(palette)` returns, anew for each theme. */
export class ResultChart extends Chart {
  /** @type {((palette: Palette) => Drawing) | null} */
  #build = null;

  /**
   * Hides the chart where there is nothing to build.
   *
   * @param {((palette: Palette) => Drawing) | null | undefined | false} build
   */
  show(build) {
    this.#build = build || null;
    this.reveal(Boolean(build));
    if (build) this.drawSoon();
  }

  draw() {
    if (!this.#build) return;
    const { title, x, y, traces, layout } = this.#build(this.#palette());
    this.plot(title, traces, {
      showlegend: false,
      ...layout,
      xaxis: { title: { text: x }, ...layout?.xaxis },
      yaxis: { title: { text: y }, ...layout?.yaxis },
    });
  }

  tabulate() {
    if (!this.#build) return { head: [], body: [] }; // the table was open when the chart was hidden
    const { x, y, traces, table } = this.#build(this.#palette());
    if (table) return table;
    const many = traces.length > 1;
    const body = traces.flatMap((trace) =>
      [...trace.x].map((value, index) => [
        ...(many ? [trace.meta ?? (trace.name || "model")] : []),
        value,
        trace.y[index],
      ]),
    );
    return { head: [...(many ? [""] : []), x, y], body };
  }

  /** @returns {Palette} */
  #palette() {
    return {
      main: this.color(TRAIN),
      second: this.color(TEST),
      quiet: this.color(QUIET),
      ink: theme.matches ? "#e3e9f0" : "#1c2733",
      dark: theme.matches,
    };
  }
}

/**
 * A text of the user's for Plotly, which takes some tags in texts for formatting.
 *
 * @param {string} text
 */
export function plain(text) {
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return short.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
