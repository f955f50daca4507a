/* <watched-features>: the two features whose decision boundary is drawn during training. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { listNumbers, readFeatures } from "./features.js";

class WatchedFeatures extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started
  /** @type {import("./features.js").Types} */
  #types = /** @type {any} */ (null); // until it is started

  /** @param {{ store: import("./store.js").TrainStore, catalog: any }} page */
  start({ store, catalog }) {
    this.#store = store;
    this.#types = catalog.column_types;
    for (const select of [this.#x, this.#y])
      select.addEventListener("change", () => this.#choose(this.#x.value, this.#y.value));
    store.watch(
      ({ table }) => table,
      () => this.#follow(),
    );
    store.watch(
      ({ last }) => last,
      ({ what }) => (what === "data" ? this.#follow() : what !== "quiet" && this.#draw()),
    );
  }

  get #x() {
    return this.one("#watched-x", HTMLSelectElement);
  }

  get #y() {
    return this.one("#watched-y", HTMLSelectElement);
  }

  #listNumbers() {
    return listNumbers(this.#store.state, this.#types);
  }

  /** What is no column of numbers any more is not watched any more. */
  #follow() {
    const { setup, table } = this.#store.state;
    const numbers = this.#listNumbers();
    if (table && setup.boundary && !setup.boundary.every((name) => numbers.includes(name)))
      this.#store.change("settings", { boundary: null }, { joins: true });
    else this.#draw();
  }

  /** @param {string} x @param {string} y */
  #choose(x, y) {
    const other = y && y !== x ? y : this.#listNumbers().find((name) => name !== x);
    this.#store.change("settings", { boundary: x && other ? [x, other] : null });
  }

  #draw() {
    const { setup, table } = this.#store.state;
    if (!table) return;
    const numbers = this.#listNumbers();
    const { boundary } = setup;
    const isByItself = numbers.length === 2 && readFeatures(this.#store.state, this.#types).chosen.length === 2;
    this.one("#watched").hidden = isByItself || numbers.length < 2;
    this.one("#watched-note").hidden = !isByItself;
    this.one("#watched-other").hidden = !boundary;
    offer(this.#x, ["", ...numbers], boundary?.[0] ?? "");
    offer(
      this.#y,
      numbers.filter((name) => name !== boundary?.[0]),
      boundary?.[1],
    );
  }
}

/** @param {HTMLSelectElement} select @param {string[]} names @param {string | undefined} chosen */
function offer(select, names, chosen) {
  select.replaceChildren(
    ...names.map((name) => element("option", { value: name, selected: name === chosen }, name || "off")),
  );
}

customElements.define("watched-features", WatchedFeatures);
