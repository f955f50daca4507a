/* The twin of a chart: the same numbers as a table, filled when it is opened. Called by the charts. */

import { element, formatNumber } from "./dom.js";

const MAX_ROWS = 500; // more are thinned evenly
const REFRESH_MS = 1_000; // of an open table while its chart grows

export class Twin {
  #tabulate;
  #table = element("table", { className: "numbers" });
  #details;
  #waiting = false;

  /**
   * @param {HTMLElement} figure
   * @param {string} label
   * @param {() => { head: string[], body: any[][] }} tabulate
   */
  constructor(figure, label, tabulate) {
    this.#tabulate = tabulate;
    const scroll = element(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": label },
      this.#table,
    );
    this.#details = element(
      "details",
      { className: "twin", ontoggle: () => this.refresh() },
      element("summary", {}, "As a table"),
      scroll,
    );
    figure.append(this.#details);
  }

  /** The chart has changed. */
  refresh() {
    if (!this.#details.open || this.#waiting) return;
    this.#fill();
    this.#waiting = true;
    setTimeout(() => {
      this.#waiting = false;
      if (this.#details.open) this.#fill();
    }, REFRESH_MS);
  }

  #fill() {
    const { head, body } = this.#tabulate();
    const step = Math.max(1, Math.ceil(body.length / MAX_ROWS));
    const rows = body.filter((_, index) => index % step === 0 || index === body.length - 1);
    /** @param {string | number | null} value */
    const cell = (value) => element("td", {}, typeof value === "string" ? value : formatNumber(value));
    this.#table.replaceChildren(
      element("thead", {}, element("tr", {}, ...head.map((name) => element("th", { scope: "col" }, name)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell)))),
    );
  }
}
