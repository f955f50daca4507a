/* <table-preview>: the first five rows of the chosen table. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { targetOf } from "./store.js";

const MOST_COLUMNS = 60; // a table may have thousands
const DIGITS = 6; // of a fraction: more would only push other columns out of sight

class TablePreview extends Component {
  /** @param {{ store: import("./store.js").TrainStore }} page */
  start({ store }) {
    store.watch(
      ({ table }) => table,
      (table) => table && this.#draw(table, targetOf(store.state)),
    );
    store.watch(targetOf, (target) => store.state.table && this.#draw(store.state.table, target));
  }

  /** @param {any} table @param {string | null} target */
  #draw({ name, rows, columns: all, preview }, target) {
    /** @type {any[]} */
    const columns = all.slice(0, MOST_COLUMNS);
    const part =
      all.length > MOST_COLUMNS ? `, the first ${MOST_COLUMNS} of ${all.length.toLocaleString()} columns` : "";
    const head = columns.map((column) =>
      element("th", { scope: "col", className: column.name === target ? "target" : "" }, column.name),
    );
    const body = preview.map((/** @type {any} */ row) =>
      element("tr", {}, ...columns.map((column) => cellOf(row[column.name]))),
    );
    this.one("#preview").replaceChildren(
      element("caption", {}, `${name}: the first ${preview.length} of ${rows.toLocaleString()} rows${part}`),
      element("thead", {}, element("tr", {}, ...head)),
      element("tbody", {}, ...body),
    );
  }
}

/** @param {any} value */
function cellOf(value) {
  if (value === null) return element("td", { className: "missing" }, "missing");
  const isFraction = typeof value === "number" && !Number.isInteger(value);
  return element("td", {}, isFraction ? String(Number(value.toPrecision(DIGITS))) : String(value));
}

customElements.define("table-preview", TablePreview);
