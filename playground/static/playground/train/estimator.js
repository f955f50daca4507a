/* <estimator-editor>: a classical model, chosen among those that fit the problem type, with its arguments. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { argumentField } from "./fields.js";

const SHOWN_FIRST = 2; // arguments; the registry names the important ones first
const NOT_DRAWN_AFTER = ["quiet", "settings", "data"];

class EstimatorEditor extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started
  /** @type {any[]} */
  #entries = [];

  /** @param {{ store: import("./store.js").TrainStore, catalog: any }} page */
  start({ store, catalog }) {
    this.#store = store;
    this.#entries = catalog.estimators;
    this.#draw(); // whatever was changed before
    this.#select.addEventListener("change", () =>
      store.change("model", { user_model: { estimator: this.#select.value } }),
    );
    store.watch(
      ({ last }) => last,
      ({ what }) => !NOT_DRAWN_AFTER.includes(what) && this.#draw(),
    );
    store.watch(
      ({ problemType }) => problemType,
      () => this.#drawChoices(),
    );
  }

  get #select() {
    return this.one("#estimator", HTMLSelectElement);
  }

  #draw() {
    const { user_model: model } = this.#store.state.setup;
    const entry = this.#entries.find(({ name }) => name === model.estimator);
    this.#drawChoices();
    this.one("#estimator-about").textContent = entry?.about ?? "";
    const field = (/** @type {any} */ argument) => {
      const words = { name: argument.name, of: model.estimator };
      return argumentField(argument, model[argument.name], words, (/** @type {any} */ value) =>
        this.#edit(argument.name, value),
      );
    };
    /** @type {any[]} */
    const all = entry?.arguments ?? [];
    this.one("#estimator-arguments").replaceChildren(...all.slice(0, SHOWN_FIRST).map(field));
    this.one("#estimator-more-arguments").replaceChildren(...all.slice(SHOWN_FIRST).map(field));
    this.one("#estimator-more").hidden = all.length <= SHOWN_FIRST;
  }

  #drawChoices() {
    const { setup, problemType } = this.#store.state;
    const chosen = setup.user_model.estimator;
    const fitting = this.#entries.filter(
      (entry) => !problemType || entry.problem_type === problemType || entry.name === chosen,
    );
    const groups = [...new Set(fitting.map(({ group }) => group))].map((label) => {
      const members = fitting.filter(({ group }) => group === label);
      return element("optgroup", { label }, ...members.map(({ name }) => element("option", { value: name }, name)));
    });
    const unknown = fitting.some(({ name }) => name === chosen) ? [] : [element("option", { value: chosen }, chosen)];
    this.#select.replaceChildren(...unknown, ...groups);
    this.#select.value = chosen;
  }

  /** Inside a field: it keeps its focus, so nothing is drawn anew.
      @param {string} name @param {any} value */
  #edit(name, value) {
    const { [name]: _, ...rest } = this.#store.state.setup.user_model;
    const model = /** @type {any} */ (value === undefined ? rest : { ...rest, [name]: value });
    this.#store.change("quiet", { user_model: model });
  }
}

customElements.define("estimator-editor", EstimatorEditor);
