/* <target-choice>: the target and the problem type. A table may suggest a target, which is said; nothing is predicted by
   chance. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { histogram, inWords } from "../ui/histogram.js";
import { choiceNodes } from "./column_choice.js";
import { placeProblems } from "./problem_places.js";
import { problemBox, remedies } from "./problems.js";
import { NO_TARGET } from "./setup.js";
import { isTargetSuggested, targetOf } from "./store.js";

class TargetChoice extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started

  /** @param {{ store: import("./store.js").TrainStore, catalog: any }} page */
  start({ store, catalog }) {
    this.#store = store;
    const type = this.one("#problem_type", HTMLSelectElement);
    type.append(...catalog.problem_types.map((/** @type {string} */ name) => element("option", { value: name }, name)));
    type.addEventListener("change", () => store.change("data", { problem_type: type.value || null }));
    this.#select.addEventListener("change", () => this.#choose(this.#select.value));
    store.watch(
      ({ table }) => table,
      () => this.#draw(),
    );
    store.watch(
      ({ last }) => last,
      ({ what }) => what !== "quiet" && what !== "settings" && this.#draw(),
    );
    store.watch(
      ({ checked }) => checked,
      () => this.#drawProblems(),
    );
  }

  get #select() {
    return this.one("#target", HTMLSelectElement);
  }

  /** @param {string} target */
  #choose(target) {
    const { split, weight } = this.#store.state.setup;
    const others = { split: split?.column === target ? null : split, weight: weight === target ? null : weight };
    this.#store.change("data", { ...NO_TARGET, ...others, target: target || null });
  }

  #draw() {
    const { setup, table } = this.#store.state;
    if (!table) return;
    const target = targetOf(this.#store.state);
    const column = table.columns.find((/** @type {any} */ { name }) => name === target);
    const none = target === null ? [element("option", { value: "", selected: true }, "Choose a column")] : [];
    const names = table.columns.map((/** @type {any} */ { name }) =>
      element("option", { value: name, selected: name === target }, name),
    );
    this.#select.replaceChildren(...none, ...names);
    this.#select.setAttribute("aria-invalid", String(target === null));
    this.one("#problem_type", HTMLSelectElement).value = setup.problem_type ?? "";
    const picture = column
      ? [histogram(column) ?? "", element("small", {}, inWords(column)), ...choiceNodes(this.#store, column)]
      : [];
    this.one("#target-picture").replaceChildren(...picture);
    this.#drawNote(target);
  }

  /** @param {string | null} target */
  #drawNote(target) {
    const note = this.one("#target-note");
    note.hidden = target !== null && !isTargetSuggested(this.#store.state);
    if (target === null) note.replaceChildren("Choose the column to predict: no column name suggests one.");
    else
      note.replaceChildren(
        `Suggested target: ${target}, because of its name. Keep it, or choose another column. `,
        this.#keepButton(target),
      );
  }

  /** @param {string} target */
  #keepButton(target) {
    const keep = () => {
      this.#store.change("data", { target }); // what was chosen for it so far stays
      announce(`The target is ${target}.`);
    };
    return element("button", { type: "button", className: "fix", onclick: keep }, "Keep");
  }

  #drawProblems() {
    const places = placeProblems(this.#store.state);
    const offers = places.remedies.map((problem) => remedies(problem, this.#store)).filter((node) => node !== null);
    this.one("#target-problems").replaceChildren(
      ...offers,
      ...places.target.map((problem) => problemBox(problem, this.#store)),
    );
  }
}

customElements.define("target-choice", TargetChoice);
