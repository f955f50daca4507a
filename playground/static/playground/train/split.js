/* <split-controls>: how rows become training and test rows, and how much each counts: controls that are there where the
   table allows them. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { placeProblems, ROW_FIELDS } from "./problem_places.js";
import { markControl } from "./problems.js";
import { guessColumn, KINDS, listColumns, shownKind } from "./split_kinds.js";
import { targetOf } from "./store.js";

class SplitControls extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started

  /** @param {{ store: import("./store.js").TrainStore }} page */
  start({ store }) {
    this.#store = store;
    this.#listen("#split", (kind) => this.#chooseKind(kind));
    this.#listen("#split-column", (column) => this.#chooseColumn(column));
    this.#listen("#split-value", (value) =>
      store.change("settings", { split: { ...store.state.setup.split, value: value || null } }),
    );
    this.#listen("#weight", (weight) => store.change("data", { weight: weight || null }));
    this.#listen("#class_weight", (weight) => store.change("settings", { class_weight: weight || null }));
    store.watch(
      ({ table }) => table,
      () => this.#draw(),
    );
    store.watch(
      ({ problemType, wantsTable }) => `${problemType} ${wantsTable}`,
      () => this.#draw(),
    );
    store.watch(
      ({ last }) => last,
      ({ what }) => what !== "quiet" && this.#draw(),
    );
    store.watch(
      ({ checked }) => checked,
      () => this.#drawProblems(),
    );
  }

  /** @param {string} selector @param {(value: string) => void} act */
  #listen(selector, act) {
    const select = this.#select(selector);
    select.addEventListener("change", () => act(select.value));
  }

  /** @param {string} selector */
  #select(selector) {
    return this.one(selector, HTMLSelectElement);
  }

  /** @param {string} kind */
  #columnsFor(kind) {
    return listColumns(this.#store.state.table, targetOf(this.#store.state), kind);
  }

  /** @param {string} kind */
  #chooseKind(kind) {
    const wants = kind === "table";
    if (kind === "random" || wants) {
      this.#store.change("data", { split: null });
      this.#store.send({ type: "wantsTable", wants });
    } else this.#chooseColumn(guessColumn(kind, this.#columnsFor(kind)).name, kind);
  }

  /** Which value marks test rows, the server finds where it is one of the usual ones; it says so, or asks.
      @param {string} column @param {string} [kind] */
  #chooseColumn(column, kind = this.#store.state.setup.split?.kind) {
    this.#store.change("data", { split: /** @type {any} */ ({ kind, column }) });
  }

  #draw() {
    const { setup, table, wantsTable } = this.#store.state;
    if (!table) return;
    const { split, weight, class_weight: classWeight, threshold } = setup;
    const kind = shownKind(this.#store.state);
    const isPossible = (/** @type {string} */ each) =>
      each === "random" || (each === "table" ? !setup.default : this.#columnsFor(each).length > 0);
    const possible = Object.keys(KINDS).filter((each) => each === kind || isPossible(each));
    offer(
      this.#select("#split"),
      possible.map((each) => [each, KINDS[each].name]),
      kind,
    );
    this.one("#split-field").hidden = possible.length < 2;
    const until = wantsTable ? " Until you choose one, test rows are drawn at random." : "";
    this.one("#split-about").textContent = KINDS[kind].about + until;
    this.one("#split-about").hidden = possible.length < 2;
    this.one("#split-column-field").hidden = kind === "random" || !split?.column;
    this.one("#split-value-field").hidden = kind !== "given" || !split?.column;
    if (split?.column) this.#drawColumn(kind, split);
    this.#drawWeights();
    if (split || weight || classWeight || threshold) this.closest("details")?.setAttribute("open", ""); // what is chosen is to be seen
  }

  /** @param {string} kind @param {any} split */
  #drawColumn(kind, { column, value = null }) {
    const names = this.#columnsFor(kind).map(({ name }) => name);
    offer(
      this.#select("#split-column"),
      (names.includes(column) ? names : [column, ...names]).map((name) => [name, name]),
      column,
    );
    if (kind !== "given") return;
    const described = this.#store.state.table.columns.find((/** @type {any} */ { name }) => name === column);
    const values = (described?.top ?? []).map((/** @type {any} */ each) => each.value);
    const all = value === null || values.includes(value) ? values : [value, ...values];
    offer(
      this.#select("#split-value"),
      [["", "automatic"], ...all.map((/** @type {string} */ each) => [each, each])],
      value ?? "",
    );
  }

  #drawWeights() {
    const { setup, table, problemType } = this.#store.state;
    const target = targetOf(this.#store.state);
    const suits = (/** @type {any} */ { name, type, minimum }) =>
      (type === "number" && name !== target && minimum >= 0) || name === setup.weight;
    const numbers = table.columns.filter(suits).map((/** @type {any} */ { name }) => [name, name]);
    offer(this.#select("#weight"), [["", "none"], ...numbers], setup.weight ?? "");
    this.one("#weight-field").hidden = numbers.length === 0;
    const chosen = setup.class_weight;
    const own = chosen !== null && typeof chosen === "object" ? [["own", "one per class"]] : [];
    offer(
      this.#select("#class_weight"),
      [["", "off"], ["balanced", "balanced"], ...own],
      typeof chosen === "string" ? chosen : own.length ? "own" : "",
    );
    this.one("#class-weight-field").hidden =
      chosen === null && (problemType !== "classification" || setup.kind !== "estimator");
  }

  #drawProblems() {
    const { fields } = placeProblems(this.#store.state);
    for (const id of ROW_FIELDS) markControl(this.one(`#${id}`), fields.get(id) ?? [], this.#store);
  }
}

/** Options as [value, label], drawn only where they differ: a list that is open stays so.
    @param {HTMLSelectElement} select @param {string[][]} options @param {string} chosen */
function offer(select, options, chosen) {
  const wanted = JSON.stringify(options);
  if (select.dataset.options !== wanted) {
    select.dataset.options = wanted;
    select.replaceChildren(...options.map(([value, label]) => element("option", { value }, label)));
  }
  select.value = chosen;
}

customElements.define("split-controls", SplitControls);
