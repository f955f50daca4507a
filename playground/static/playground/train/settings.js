/* <training-settings>: how to train. An empty field means a default that suits the data. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { placeProblems } from "./problem_places.js";
import { markControl } from "./problems.js";
import { isShown, LISTED, listOptions } from "./setting_choices.js";
import { SETTINGS } from "./setup.js";

const NAMES = Object.keys(SETTINGS);
const USUAL_OPTIMIZER = "Adam";

/** @typedef {HTMLInputElement | HTMLSelectElement} Field */

class TrainingSettings extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started
  /** @type {Record<string, number>} */
  #learningRates = {};

  /** @param {{ store: import("./store.js").TrainStore, catalog: any }} page */
  start({ store, catalog }) {
    this.#store = store;
    this.#learningRates = catalog.learning_rates;
    for (const name of LISTED) {
      const options = listOptions(catalog, name).map(([value, label]) => element("option", { value }, label));
      this.#field(name).replaceChildren(...options);
    }
    for (const name of NAMES) {
      const field = this.#field(name);
      const event = field.matches("select, [type=checkbox]") ? "change" : "input";
      field.addEventListener(event, () => this.#set(name, readField(field)));
    }
    store.watch(
      ({ setup }) => setup,
      (setup) => this.#draw(setup),
    );
    store.watch(
      ({ checked }) => checked,
      () => this.#drawProblems(),
    );
  }

  /** @param {string} name @returns {Field} */
  #field(name) {
    return /** @type {Field} */ (this.one(`#${name}`));
  }

  /** @param {string} name @param {any} value */
  #set(name, value) {
    const { [name]: _, ...rest } = /** @type {Record<string, any>} */ (this.#store.state.setup.settings);
    this.#store.change("settings", { settings: value === undefined ? rest : { ...rest, [name]: value } });
  }

  /** @param {import("./setup.js").Setup} setup */
  #draw(setup) {
    const settings = /** @type {Record<string, any>} */ (setup.settings);
    for (const name of NAMES) {
      const field = this.#field(name);
      const checkbox = asCheckbox(field);
      if (checkbox) checkbox.checked = settings[name] ?? checkbox.defaultChecked;
      else if (document.activeElement !== field || readField(field) !== settings[name])
        field.value = settings[name] ?? "";
      const box = field.closest(".field");
      if (!isShown(setup, name)) box?.setAttribute("hidden", "");
      else box?.removeAttribute("hidden");
    }
    const rate = this.one("#learning_rate", HTMLInputElement);
    rate.placeholder = String(this.#learningRates[settings.optimizer_name ?? USUAL_OPTIMIZER] ?? "");
    this.closest("section")?.classList.toggle("for-estimator", setup.kind === "estimator");
  }

  #drawProblems() {
    const { fields } = placeProblems(this.#store.state);
    for (const name of NAMES) markControl(this.#field(name), fields.get(name) ?? [], this.#store);
  }
}

/** @param {Field} field @returns {HTMLInputElement | null} */
const asCheckbox = (field) => (field instanceof HTMLInputElement && field.type === "checkbox" ? field : null);

/** undefined where it says what is the default anyway. @param {Field} field */
function readField(field) {
  const box = asCheckbox(field);
  if (box) return box.checked === box.defaultChecked ? undefined : box.checked;
  if (field.value === "") return undefined;
  return field.type === "number" ? Number(field.value) : field.value;
}

customElements.define("training-settings", TrainingSettings);
