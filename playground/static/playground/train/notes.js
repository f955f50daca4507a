/* <data-notes>: what was noticed while the table was read, each with what to do about it, and buttons for that. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { inPageWords } from "../ui/wording.js";
import { remedies } from "./problems.js";

const SHOWN = 6; // the others are folded away
const DRAWN_AFTER = ["data", "preset", "restored"];

class DataNotes extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started

  /** @param {{ store: import("./store.js").TrainStore }} page */
  start({ store }) {
    this.#store = store;
    store.watch(
      ({ table }) => table,
      () => this.#draw(),
    );
    store.watch(
      ({ last }) => last,
      ({ what }) => DRAWN_AFTER.includes(what) && this.#draw(),
    );
  }

  /** Those that somebody has to decide come first. */
  #draw() {
    const problems = this.#store.state.table?.problems ?? [];
    const sorted = problems.toSorted(
      (/** @type {any} */ a, /** @type {any} */ b) => b.choices.length - a.choices.length,
    );
    const list = this.one("#data-notes");
    const title = this.one("#data-notes-title");
    const buttons = () => [...list.querySelectorAll("button")];
    const place = buttons().indexOf(/** @type {any} */ (document.activeElement)); // drawing anew must not lose it
    const items = sorted.map((/** @type {any} */ problem) => this.#item(problem));
    const rest = items.slice(SHOWN);
    const more = rest.length
      ? [
          element(
            "li",
            {},
            element("details", {}, element("summary", {}, `${rest.length} more`), element("ul", {}, ...rest)),
          ),
        ]
      : [];
    list.replaceChildren(...items.slice(0, SHOWN), ...more);
    title.hidden = items.length === 0;
    if (place >= 0) (buttons()[place] ?? buttons().at(-1) ?? title).focus();
  }

  /** @param {any} problem */
  #item(problem) {
    const { message, hint, code, level } = problem;
    return element(
      "li",
      { "data-code": code, className: level === "error" ? "problem error" : "" },
      element("span", { className: "message" }, message),
      hint ? element("span", { className: "quiet" }, ` ${inPageWords(hint)}`) : null,
      remedies(problem, this.#store),
    );
  }
}

customElements.define("data-notes", DataNotes);
