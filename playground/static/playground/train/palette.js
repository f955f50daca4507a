/* <layer-palette>: the layers that can be added, in the registry's groups, found by name or meaning. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { carryName } from "./drag.js";

export const INSERT = "insert-layer"; // an event whose detail is the name of a layer; the editor around hears it

class LayerPalette extends Component {
  /** @param {{ catalog: any }} page */
  start({ catalog }) {
    const names = [...new Set(catalog.layers.map((/** @type {any} */ { group }) => group))];
    const boxes = names.map((name) =>
      this.#group(
        name,
        catalog.layers.filter((/** @type {any} */ { group }) => group === name),
      ),
    );
    const search = this.one("#palette-search", HTMLInputElement);
    this.one("#palette").replaceChildren(...boxes);
    search.addEventListener("input", () => this.#search(catalog.layers, search.value.trim().toLowerCase()));
    search.addEventListener("keydown", (event) => {
      const first = this.querySelector("#palette button:not([hidden])");
      if (event.key !== "Enter" || !search.value || !(first instanceof HTMLElement)) return;
      event.preventDefault();
      first.click();
    });
  }

  /** @param {string} name @param {any[]} entries */
  #group(name, entries) {
    return element(
      "div",
      { className: "group", role: "group", "aria-label": name },
      element("span", { className: "group-name", "aria-hidden": "true" }, name),
      element("div", {}, ...entries.map((entry, position) => this.#button(entry, position > 0))),
    );
  }

  /** The first of a group is what a beginner needs.
      @param {any} entry @param {boolean} isAdvanced */
  #button({ name, about }, isAdvanced) {
    return element(
      "button",
      {
        type: "button",
        className: isAdvanced ? "advanced" : "",
        draggable: true,
        "data-name": name,
        "data-tip": about,
        onclick: () => this.dispatchEvent(new CustomEvent(INSERT, { detail: name, bubbles: true })),
        ondragstart: (/** @type {DragEvent} */ event) => carryName(event, name),
      },
      `+ ${name}`,
    );
  }

  /** @param {any[]} entries @param {string} wanted */
  #search(entries, wanted) {
    const palette = this.one("#palette");
    const fits = (/** @type {any} */ { name, about, group }) =>
      `${name} ${about} ${group}`.toLowerCase().includes(wanted);
    const found = new Set(entries.filter(fits).map(({ name }) => name));
    for (const button of palette.querySelectorAll("button")) button.hidden = !found.has(button.dataset.name);
    for (const group of palette.querySelectorAll(".group"))
      group.toggleAttribute("hidden", !group.querySelector("button:not([hidden])"));
    palette.classList.toggle("searched", wanted !== ""); // what is searched for is shown to beginners, too
    this.one("#palette-empty").hidden = found.size > 0;
    if (wanted) announce(`${found.size} layers found.`);
  }
}

customElements.define("layer-palette", LayerPalette);
