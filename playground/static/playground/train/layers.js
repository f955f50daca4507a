/* The network's layers in their order: shown, edited, moved, removed. Called by model.js and the palette. */

import { announce, element, find } from "../ui/dom.js";
import { startDropping } from "./drag.js";
import { argumentField } from "./fields.js";
import { labelArgument } from "../ui/labels.js";
import { change, getSetup } from "./state.js";

let entries = new Map(); // name -> what the registry says

export function startLayers(catalog) {
  entries = new Map(catalog.layers.map((entry) => [entry.name, entry]));
  startDropping(find("layers"), { insert, move });
}

/** Adds a layer, by default before the output layer, where a hidden layer belongs. */
export function insert(name, position = usualPlace()) {
  if (!entries.has(name)) return; // dragged here from elsewhere
  const layer = { layer: name };
  for (const argument of entries.get(name).arguments) if (argument.required) layer[argument.name] = argument.example;
  change("model", { user_arch: getSetup().user_arch.toSpliced(position, 0, layer) });
  announce(`${name} added as layer ${position + 1}.`);
  const item = find("layers").children[position];
  (item.querySelector("input, select") ?? item.querySelector("button")).focus();
  item.scrollIntoView({ block: "nearest" });
}

function usualPlace() {
  const layers = getSetup().user_arch;
  return layers.at(-1)?.layer === "Linear" ? layers.length - 1 : layers.length;
}

export function drawLayers() {
  const { user_arch } = getSetup();
  find("layers").replaceChildren(...user_arch.map(layerItem));
  find("no-layers").hidden = user_arch.length > 0;
}

/** Each layer's output shape and parameter count, as checked. */
export function showShapes({ layers }) {
  [...find("layers").children].forEach((item, position) => {
    const shape = layers[position];
    const parameters = shape?.parameters ? ` · ${shape.parameters.toLocaleString()} parameters` : "";
    item.querySelector(".shape").textContent = shape?.output_shape ? `→ ${shape.output_shape.join(" × ")}${parameters}` : "";
  });
}

function layerItem(layer, position, layers) {
  const entry = entries.get(layer.layer);
  const label = `layer ${position + 1}`;
  const shown = (entry?.arguments ?? []).filter(({ inferred, name }) => !inferred || layer[name] !== undefined);
  const field = (argument) => argumentField(argument, layer[argument.name], { name: labelArgument(argument.name), of: `${layer.layer}, ${label}` }, (value) => edit(position, argument.name, value));
  const [first, rest] = split(shown, layer);
  const item = element(
    "li",
    { draggable: true, onkeydown: (event) => actByKey(event, position) },
    element(
      "div",
      { className: "layer" },
      grip(layer, label, entry),
      element("strong", {}, layer.layer),
      element("div", { className: "layer-arguments" }, ...first.map(field)),
      tools(layer, position, layers.length),
    ),
    element("div", { className: "layer-foot" }, element("span", { className: "shape" }), rest.length ? moreArguments(rest.map(field)) : null),
    element("div", { className: "problems" }),
  );
  // A text field inside something draggable cannot be selected with the mouse.
  item.addEventListener("focusin", (event) => (item.draggable = !event.target.matches("input")));
  item.addEventListener("focusout", () => (item.draggable = true));
  return item;
}

/** The layer's handle, for the mouse and for keys. No button, since some browsers let none be dragged. */
function grip(layer, label, entry) {
  const tip = `${entry?.about ?? ""} Alt with ↑ or ↓ moves it, Delete removes it.`;
  return element("span", { className: "grip", role: "button", tabIndex: 0, "aria-label": `${layer.layer}, ${label}. ${tip}`, "data-tip": tip }, "⠿");
}

const moreArguments = (fields) =>
  element("details", { className: "more-arguments" }, element("summary", {}, "More"), element("div", { className: "layer-arguments" }, ...fields));

/** What a layer is about, and what rarely changes: the latter is folded away until it is asked for or set. */
function split(shown, layer) {
  const isFirst = ({ name, required }) => required || layer[name] !== undefined || shown.length === 1;
  return [shown.filter(isFirst), shown.filter((argument) => !isFirst(argument))];
}

function tools(layer, position, count) {
  const label = `layer ${position + 1}, ${layer.layer}`;
  const button = (name, sign, attributes) => element("button", { type: "button", "aria-label": `${name} ${label}`, "data-tip": name, ...attributes }, sign);
  return element(
    "span",
    { className: "tools" },
    button("Move up", "↑", { className: "up", disabled: position === 0, onclick: () => move(position, position - 1, ".up") }),
    button("Move down", "↓", { className: "down", disabled: position === count - 1, onclick: () => move(position, position + 1, ".down") }),
    button("Remove", "×", { className: "remove", onclick: () => remove(position) }),
  );
}

/** Inside a field: it keeps its focus, so nothing is drawn anew. */
function edit(position, name, value) {
  const layers = getSetup().user_arch;
  const { [name]: _, ...rest } = layers[position];
  change("quiet", { user_arch: layers.with(position, value === undefined ? rest : { ...rest, [name]: value }) });
}

function move(from, to, focus = ".up") {
  const layers = getSetup().user_arch;
  if (to === from || !layers[from] || !layers[to]) return;
  change("model", { user_arch: layers.toSpliced(from, 1).toSpliced(to, 0, layers[from]) });
  announce(`${layers[from].layer} is now layer ${to + 1}.`);
  const item = find("layers").children[to];
  (item.querySelector(`${focus}:not(:disabled)`) ?? item.querySelector(".tools button:not(:disabled)")).focus();
}

function actByKey(event, position) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const isGrip = event.target.matches(".grip");
  if (event.altKey && step) move(position, position + step, isGrip ? ".grip" : step < 0 ? ".up" : ".down");
  else if (isGrip && event.key === "Delete") remove(position);
  else return;
  event.preventDefault();
}

function remove(position) {
  const layers = getSetup().user_arch;
  change("model", { user_arch: layers.toSpliced(position, 1) });
  announce(`${layers[position].layer} removed.`);
  const next = find("layers").children[Math.min(position, layers.length - 2)];
  (next?.querySelector(".remove") ?? find("palette-search")).focus();
}
