/* <network-editor>: the layers of the network in their order, shown, edited, moved and removed. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { labelArgument } from "../ui/labels.js";
import { startDropping } from "./drag.js";
import { argumentField } from "./fields.js";
import { INSERT } from "./palette.js";
import { placeProblems } from "./problem_places.js";
import { problemBox } from "./problems.js";

/** @typedef {{ layer: string, [argument: string]: any }} Layer */

const NOT_DRAWN_AFTER = ["quiet", "settings", "data"];

class NetworkEditor extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started
  /** @type {Map<string, any>} */
  #entries = new Map(); // name -> what the registry says

  /** @param {{ store: import("./store.js").TrainStore, catalog: any }} page */
  start({ store, catalog }) {
    this.#store = store;
    this.#entries = new Map(catalog.layers.map((/** @type {any} */ entry) => [entry.name, entry]));
    const insert = (/** @type {string} */ name, /** @type {number} */ position) => this.#insert(name, position);
    startDropping(this.#list, {
      insert,
      move: (/** @type {number} */ from, /** @type {number} */ to) => this.#move(from, to),
    });
    this.#draw(); // whatever was changed before
    this.addEventListener(INSERT, (event) => this.#insert(/** @type {CustomEvent} */ (event).detail));
    store.watch(
      ({ last }) => last,
      ({ what }) => !NOT_DRAWN_AFTER.includes(what) && this.#draw(),
    );
    store.watch(
      ({ checked }) => checked,
      (checked) => checked && this.#drawChecked(checked),
    );
  }

  get #list() {
    return this.one("#layers");
  }

  get #items() {
    return /** @type {HTMLElement[]} */ ([...this.#list.children]);
  }

  /** @returns {Layer[]} */
  get #layers() {
    return this.#store.state.setup.user_arch;
  }

  /** Adds a layer, by default before the output layer, where a hidden layer belongs.
      @param {string} name @param {number} [position] */
  #insert(name, position = this.#usualPlace()) {
    const entry = this.#entries.get(name);
    if (!entry) return; // dragged here from elsewhere
    /** @type {Layer} */
    const layer = { layer: name };
    for (const argument of entry.arguments) if (argument.required) layer[argument.name] = argument.example;
    this.#store.change("model", { user_arch: this.#layers.toSpliced(position, 0, layer) });
    announce(`${name} added as layer ${position + 1}.`);
    const item = this.#items[position];
    focusFirst(item, "input, select", "button");
    item.scrollIntoView({ block: "nearest" });
  }

  #usualPlace() {
    return this.#layers.at(-1)?.layer === "Linear" ? this.#layers.length - 1 : this.#layers.length;
  }

  #draw() {
    const layers = this.#layers;
    this.#list.replaceChildren(...layers.map((layer, position) => this.#item(layer, position)));
    this.one("#no-layers").hidden = layers.length > 0;
  }

  /** Each layer's output shape, parameter count and problems, as checked.
      @param {any} checked */
  #drawChecked({ layers, parameters, features }) {
    const problems = placeProblems(this.#store.state).layers;
    this.#items.forEach((item, position) => {
      const shape = layers[position];
      const count = shape?.parameters ? ` · ${shape.parameters.toLocaleString()} parameters` : "";
      const boxes = (problems.get(position) ?? []).map((problem) => problemBox(problem, this.#store));
      fill(item, ".shape", shape?.output_shape ? `→ ${shape.output_shape.join(" × ")}${count}` : "");
      fill(item, ".problems", ...boxes);
    });
    const isNetwork = this.#store.state.setup.kind === "network";
    this.one("#input-size").textContent = features
      ? `${features.toLocaleString()} ${features === 1 ? "input" : "inputs"}: the numbers that the features become`
      : "";
    this.one("#parameters").textContent = isNetwork ? `${parameters.toLocaleString()} parameters in total` : "";
  }

  /** @param {Layer} layer @param {number} position */
  #item(layer, position) {
    const entry = this.#entries.get(layer.layer);
    const of = `${layer.layer}, layer ${position + 1}`;
    /** @type {any[]} */
    const shown = (entry?.arguments ?? []).filter(
      (/** @type {any} */ { inferred, name }) => !inferred || layer[name] !== undefined,
    );
    const field = (/** @type {any} */ argument) => {
      const words = { name: labelArgument(argument.name), of };
      return argumentField(argument, layer[argument.name], words, (/** @type {any} */ value) =>
        this.#edit(position, argument.name, value),
      );
    };
    const [first, rest] = split(shown, layer);
    const item = element(
      "li",
      { draggable: true, onkeydown: (/** @type {KeyboardEvent} */ event) => this.#actByKey(event, position) },
      element(
        "div",
        { className: "layer" },
        grip(of, entry),
        element("strong", {}, layer.layer),
        element("div", { className: "layer-arguments" }, ...first.map(field)),
        this.#tools(layer, position),
      ),
      element(
        "div",
        { className: "layer-foot" },
        element("span", { className: "shape" }),
        rest.length ? moreArguments(rest.map(field)) : null,
      ),
      element("div", { className: "problems" }),
    );
    // A text field inside something draggable cannot be selected with the mouse.
    item.addEventListener("focusin", ({ target }) => (item.draggable = !(target instanceof HTMLInputElement)));
    item.addEventListener("focusout", () => (item.draggable = true));
    return item;
  }

  /** @param {Layer} layer @param {number} position */
  #tools(layer, position) {
    const label = `layer ${position + 1}, ${layer.layer}`;
    const last = this.#layers.length - 1;
    const button = (/** @type {string} */ name, /** @type {string} */ sign, /** @type {any} */ attributes) =>
      element("button", { type: "button", "aria-label": `${name} ${label}`, "data-tip": name, ...attributes }, sign);
    return element(
      "span",
      { className: "tools" },
      button("Move up", "↑", {
        className: "up",
        disabled: position === 0,
        onclick: () => this.#move(position, position - 1, ".up"),
      }),
      button("Move down", "↓", {
        className: "down",
        disabled: position === last,
        onclick: () => this.#move(position, position + 1, ".down"),
      }),
      button("Remove", "×", { className: "remove", onclick: () => this.#remove(position) }),
    );
  }

  /** Inside a field: it keeps its focus, so nothing is drawn anew.
      @param {number} position @param {string} name @param {any} value */
  #edit(position, name, value) {
    const { [name]: _, ...rest } = this.#layers[position];
    const layer = /** @type {Layer} */ (value === undefined ? rest : { ...rest, [name]: value });
    this.#store.change("quiet", { user_arch: this.#layers.with(position, layer) });
  }

  /** @param {number} from @param {number} to @param {string} [focus] */
  #move(from, to, focus = ".up") {
    const layers = this.#layers;
    if (to === from || !layers[from] || !layers[to]) return;
    this.#store.change("model", { user_arch: layers.toSpliced(from, 1).toSpliced(to, 0, layers[from]) });
    announce(`${layers[from].layer} is now layer ${to + 1}.`);
    focusFirst(this.#items[to], `${focus}:not(:disabled)`, ".tools button:not(:disabled)");
  }

  /** @param {KeyboardEvent} event @param {number} position */
  #actByKey(event, position) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const isGrip = event.target instanceof Element && event.target.matches(".grip");
    if (event.altKey && step) this.#move(position, position + step, isGrip ? ".grip" : step < 0 ? ".up" : ".down");
    else if (isGrip && event.key === "Delete") this.#remove(position);
    else return;
    event.preventDefault();
  }

  /** @param {number} position */
  #remove(position) {
    const layers = this.#layers;
    this.#store.change("model", { user_arch: layers.toSpliced(position, 1) });
    announce(`${layers[position].layer} removed.`);
    const next = this.#items[Math.min(position, layers.length - 2)];
    focusFirst(next ?? this, ".remove", "#palette-search");
  }
}

/** @param {Element} root @param {...string} selectors of which the first that is found gets the focus */
function focusFirst(root, ...selectors) {
  const found = selectors.map((selector) => root.querySelector(selector)).find(Boolean);
  if (found instanceof HTMLElement) found.focus();
}

/** @param {Element} root @param {string} selector @param {...(Node | string)} children */
const fill = (root, selector, ...children) => root.querySelector(selector)?.replaceChildren(...children);

/** The layer's handle, for the mouse and for keys. No button, since some browsers let none be dragged.
    @param {string} of @param {any} entry */
function grip(of, entry) {
  const tip = `${entry?.about ?? ""} Alt with ↑ or ↓ moves it, Delete removes it.`;
  return element(
    "span",
    { className: "grip", role: "button", tabIndex: 0, "aria-label": `${of}. ${tip}`, "data-tip": tip },
    "⠿",
  );
}

/** @param {Node[]} fields */
const moreArguments = (fields) =>
  element(
    "details",
    { className: "more-arguments" },
    element("summary", {}, "More"),
    element("div", { className: "layer-arguments" }, ...fields),
  );

/** What a layer is about, and what rarely changes: the latter is folded away until it is asked for or set.
    @param {any[]} shown @param {Layer} layer */
function split(shown, layer) {
  const isFirst = (/** @type {any} */ { name, required }) =>
    required || layer[name] !== undefined || shown.length === 1;
  return [shown.filter(isFirst), shown.filter((argument) => !isFirst(argument))];
}

customElements.define("network-editor", NetworkEditor);
