/* Charts with Plotly, drawn at most once per animation frame however often they change, and anew when the theme does. */

import { theme } from "./theme.js";

const TRAIN = { light: "#2563a8", dark: "#7ab8f5" };
const TEST = { light: "#c2570c", dark: "#f5a35c" };
const QUIET = { light: "#7a8796", dark: "#8492a3" };

class Chart {
  #waiting = false;

  constructor(node) {
    this.node = node;
    theme.addEventListener("change", () => this.drawSoon());
  }

  drawSoon() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      // The library is deferred: a page that shows a finished run may be here first.
      if (window.Plotly) this.draw();
      else window.addEventListener("load", () => this.drawSoon(), { once: true });
    });
  }

  /** `name` picks one of the colours above for the theme of now. */
  color(name) {
    return name[theme.matches ? "dark" : "light"];
  }

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
    window.Plotly.react(this.node, traces, { ...common, ...layout }, { responsive: true, displayModeBar: false });
  }
}

/** A number by epoch, for training and test rows. */
export class Curves extends Chart {
  #title;
  #percent;
  #epochs = [];
  #train = [];
  #test = [];

  constructor(node, title, percent = false) {
    super(node);
    this.#title = title;
    this.#percent = percent;
  }

  clear() {
    this.#epochs = [];
    this.#train = [];
    this.#test = [];
    this.node.hidden = true;
    this.drawSoon();
  }

  add(epoch, train, test) {
    if (train === null && test === null) return;
    this.#epochs.push(epoch);
    this.#train.push(train);
    this.#test.push(test);
    this.node.hidden = false;
    this.drawSoon();
  }

  draw() {
    const marks = this.#epochs.length === 1 ? "lines+markers" : "lines";
    const line = (y, name, color, dash) => ({ x: this.#epochs, y, name, mode: marks, line: { color: this.color(color), width: 2, dash } });
    this.plot(this.#title, [line(this.#train, "train", TRAIN, "solid"), line(this.#test, "test", TEST, "dash")], {
      datarevision: this.#epochs.length, // the arrays grow in place, which Plotly would not notice
      xaxis: { title: { text: "epoch" }, rangemode: "tozero" },
      yaxis: { tickformat: this.#percent ? ".0%" : "", rangemode: this.#percent ? "normal" : "tozero" },
    });
  }
}

/** Something of the result. It is drawn from `build(palette) -> { title, x, y, traces, layout }`, anew for each theme. */
export class ResultChart extends Chart {
  #build = null;

  /** Hides the chart where there is nothing to build. */
  show(build) {
    this.#build = build;
    this.node.hidden = !build;
    if (build) this.drawSoon();
  }

  draw() {
    if (!this.#build) return;
    const palette = { main: this.color(TRAIN), second: this.color(TEST), quiet: this.color(QUIET) };
    const { title, x, y, traces, layout } = this.#build(palette);
    this.plot(title, traces, { showlegend: false, ...layout, xaxis: { title: { text: x }, ...layout?.xaxis }, yaxis: { title: { text: y }, ...layout?.yaxis } });
  }
}

/** A text of the user's for Plotly, which takes some tags in texts for formatting. */
export function plain(text) {
  const short = text.length > 40 ? `${text.slice(0, 39)}…` : text;
  return short.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
