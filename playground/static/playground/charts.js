/* Curves with Plotly, drawn at most once per animation frame however many epochs arrive. */

const TRAIN = { light: "#2563a8", dark: "#7ab8f5" };
const TEST = { light: "#c2570c", dark: "#f5a35c" };
const theme = window.matchMedia("(prefers-color-scheme: dark)");

export class Curves {
  #node;
  #title;
  #percent;
  #epochs = [];
  #train = [];
  #test = [];
  #waiting = false;

  constructor(node, title, percent = false) {
    this.#node = node;
    this.#title = title;
    this.#percent = percent;
    theme.addEventListener("change", () => this.#drawSoon());
  }

  clear() {
    this.#epochs = [];
    this.#train = [];
    this.#test = [];
    this.#node.hidden = true;
    this.#drawSoon();
  }

  add(epoch, train, test) {
    if (train === null && test === null) return;
    this.#epochs.push(epoch);
    this.#train.push(train);
    this.#test.push(test);
    this.#node.hidden = false;
    this.#drawSoon();
  }

  #drawSoon() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      // The library is deferred: a page that shows a finished run may be here first.
      if (window.Plotly) this.#draw();
      else window.addEventListener("load", () => this.#drawSoon(), { once: true });
    });
  }

  #draw() {
    const mode = theme.matches ? "dark" : "light";
    const ink = theme.matches ? "#d6dde6" : "#2b3440";
    const grid = theme.matches ? "#37414d" : "#e3e8ee";
    const marks = this.#epochs.length === 1 ? "lines+markers" : "lines";
    const line = (y, name, color, dash) => ({ x: this.#epochs, y, name, mode: marks, line: { color, width: 2, dash } });
    const axis = { gridcolor: grid, zeroline: false, color: ink };
    const layout = {
      title: { text: this.#title, font: { size: 15 }, x: 0.02 },
      font: { color: ink, family: "system-ui, sans-serif" },
      paper_bgcolor: "transparent",
      plot_bgcolor: "transparent",
      margin: { l: 50, r: 12, t: 36, b: 40 },
      autosize: true,
      height: 260,
      datarevision: this.#epochs.length, // the arrays grow in place, which Plotly would not notice
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1.15 },
      xaxis: { ...axis, title: { text: "epoch" }, rangemode: "tozero" },
      yaxis: { ...axis, tickformat: this.#percent ? ".0%" : "", rangemode: this.#percent ? "normal" : "tozero" },
    };
    window.Plotly.react(
      this.#node,
      [line(this.#train, "train", TRAIN[mode], "solid"), line(this.#test, "test", TEST[mode], "dash")],
      layout,
      { responsive: true, displayModeBar: false },
    );
  }
}
