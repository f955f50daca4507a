/* <feature-choice>: the columns of the chosen table: which are features, and the type of each. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { histogram, inWords } from "../ui/histogram.js";
import { choiceNodes, chooseFor, typeOf } from "./column_choice.js";
import { nameFeatures, readFeatures } from "./features.js";
import { placeProblems } from "./problem_places.js";
import { problemBoxes } from "./problems.js";

const MOST_SHOWN = 100; // a table may have thousands; the search finds the others
const SEARCH_FROM = 12;
const TYPE_TIP =
  "Numbers are standardised, categories one-hot encoded, dates counted in days, and the words of texts weighted (TF-IDF); ignored columns are left out.";

class FeatureChoice extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started
  /** @type {import("./features.js").Types} */
  #types = /** @type {any} */ (null); // until it is started

  /** @param {{ store: import("./store.js").TrainStore, catalog: any }} page */
  start({ store, catalog }) {
    this.#store = store;
    this.#types = catalog.column_types;
    this.#search.addEventListener("input", () => this.#draw());
    this.one("#all-columns").addEventListener("click", () => this.#choose(this.#read().usable));
    this.one("#no-columns").addEventListener("click", () => this.#choose(this.#read().usable.slice(0, 1)));
    store.watch(
      ({ table }) => table,
      () => {
        this.#search.value = "";
        this.#draw();
      },
    );
    store.watch(
      ({ last }) => last,
      ({ what }) => what !== "quiet" && what !== "settings" && this.#draw(),
    );
    store.watch(
      ({ checked }) => checked,
      () => this.one("#data-problems").replaceChildren(...problemBoxes(placeProblems(store.state).data, store)),
    );
  }

  get #search() {
    return this.one("#column-search", HTMLInputElement);
  }

  get #list() {
    return this.one("#columns");
  }

  #read() {
    return readFeatures(this.#store.state, this.#types);
  }

  #draw() {
    if (!this.#store.state.table) return;
    const { all, chosen } = this.#read();
    const wanted = this.#search.value.trim().toLowerCase();
    const found = all.filter(({ name }) => name.toLowerCase().includes(wanted));
    const focused = /** @type {HTMLElement | null} */ (document.activeElement); // drawing anew must not lose the place
    const { column, move } = this.#list.contains(focused)
      ? /** @type {any} */ (focused).dataset
      : /** @type {any} */ ({});
    const open = new Set([...this.#details].filter((details) => details.open).map(({ dataset }) => dataset.column));
    this.#list.replaceChildren(...found.slice(0, MOST_SHOWN).map((each) => this.#chip(each)));
    for (const details of this.#details) details.open = open.has(details.dataset.column);
    if (column !== undefined) this.#find(focused?.tagName ?? "", column, move)?.focus();
    this.one("#column-search-field").hidden = all.length < SEARCH_FROM;
    const shown = found.length > MOST_SHOWN ? ` The first ${MOST_SHOWN} are shown; search for the others.` : "";
    this.one("#columns-note").textContent =
      `${chosen.length.toLocaleString()} of ${all.length.toLocaleString()} columns are features.${shown}`;
  }

  get #details() {
    return this.#list.querySelectorAll("details");
  }

  /** @param {string} tag @param {string} column @param {string | undefined} move */
  #find(tag, column, move) {
    const nodes = /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll(tag));
    return [...nodes].find(({ dataset }) => dataset.column === column && dataset.move === move);
  }

  /** @param {any} column */
  #chip(column) {
    const { isUsable, isChosen, usable } = this.#read();
    const toggle = () => {
      const others = usable.filter((each) => isChosen(each) && each.name !== column.name);
      this.#choose(box.checked ? [...others, column] : others);
    };
    const box = element("input", {
      type: "checkbox",
      name: column.name,
      checked: isUsable(column) && isChosen(column),
      disabled: !isUsable(column),
      "data-column": column.name,
      onchange: toggle,
    });
    return element(
      "div",
      { className: "chip", role: "group", "aria-label": column.name },
      element("label", { className: "name", title: column.name }, box, element("span", {}, column.name)),
      element("span", { className: "picture" }, histogram(column)),
      this.#typeSelect(column),
      column.missing
        ? element("small", { className: "missing-count" }, `${column.missing.toLocaleString()} missing`)
        : null,
      ...choiceNodes(this.#store, column),
    );
  }

  /** @param {any} column */
  #typeSelect(column) {
    const chosen = typeOf(this.#store.state.setup, column);
    const offered = [column.type, ...this.#types.offered.filter((type) => type !== column.type)];
    const choose = () => {
      const type = select.value === column.type ? undefined : select.value;
      this.#store.change("data", { column_types: chooseFor(this.#store.state.setup, column, { type }) });
      announce(`${column.name} has the type ${select.value}.`);
    };
    const attributes = {
      className: "type",
      "aria-label": `Type of ${column.name}`,
      "data-column": column.name,
      "data-tip": `${inWords(column)}. ${TYPE_TIP}`,
      onchange: choose,
    };
    const select = element(
      "select",
      attributes,
      ...offered.map((type) => element("option", { value: type, selected: type === chosen }, type)),
    );
    select.classList.toggle("changed", chosen !== column.type);
    return select;
  }

  /** @param {any[]} columns */
  #choose(columns) {
    if (!columns.length) {
      announce("At least one feature is needed.");
      this.#draw();
      return;
    }
    const names = new Set(columns.map(({ name }) => name));
    this.#store.change("data", { features: nameFeatures(this.#store.state, this.#types, names) });
  }
}

customElements.define("feature-choice", FeatureChoice);
