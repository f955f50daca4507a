/* <cell-rows>: the test rows behind a cell of the confusion matrix. */

import { announce } from "../ui/announcer.js";
import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { askModel } from "../wire/asking.js";

const PAGE = 20; // test rows at a time

/**
 * @typedef {import("../wire/types.d.ts").TestRow} TestRow
 * @typedef {{ actual: string, predicted: string }} Cell
 */

class CellRows extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, socket }) {
    store.watch(
      ({ cell }) => cell,
      (cell) => {
        if (cell) this.#open(socket, store.state.run?.run_id ?? "", cell, []);
        else this.hidden = true;
      },
    );
  }

  /**
   * @param {import("../wire/socket.js").Socket} socket
   * @param {string} runId
   * @param {Cell} cell
   * @param {TestRow[]} before
   */
  async #open(socket, runId, cell, before) {
    try {
      const asked = { run_id: runId, ...cell, offset: before.length, limit: PAGE };
      const { rows, total } = await askModel(socket, "listTestRows", asked);
      const all = before.concat(rows);
      const more = () => this.#open(socket, runId, cell, all);
      this.#draw(cell, all, total, all.length < total ? more : null);
    } catch (/** @type {any} */ error) {
      this.hidden = false;
      this.replaceChildren(
        element("p", { className: "problem error" }, element("strong", {}, error.message), ` ${error.hint ?? ""}`),
      );
    }
  }

  /**
   * @param {Cell} cell
   * @param {TestRow[]} rows
   * @param {number} total
   * @param {(() => void) | null} more
   */
  #draw({ actual, predicted }, rows, total, more) {
    const title = `${total} test ${total === 1 ? "row" : "rows"}: actual ${actual}, predicted ${predicted}`;
    this.hidden = false;
    this.replaceChildren(
      element("h3", {}, title),
      element(
        "div",
        { className: "scroll", tabIndex: 0, role: "region", "aria-label": title },
        tabulate(rows, predicted),
      ),
      ...(more ? [element("button", { type: "button", onclick: more }, "Show more")] : []),
    );
    announce(title);
  }
}

/**
 * @param {TestRow[]} rows
 * @param {string} predicted
 */
function tabulate(rows, predicted) {
  const columns = Object.keys(rows[0]?.values ?? {});
  const head = ["row", "probability", ...columns].map((name) => element("th", { scope: "col" }, name));
  const body = rows.map(({ row, probabilities, values }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, String(row)),
      element("td", {}, probabilities ? `${(100 * probabilities[predicted]).toFixed(0)} %` : "–"),
      ...columns.map((name) => cellOf(values[name])),
    ),
  );
  return element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...body));
}

/** @param {string | number | boolean | null} value */
const cellOf = (value) =>
  value === null ? element("td", { className: "missing" }, "missing") : element("td", {}, String(value));

customElements.define("cell-rows", CellRows);
