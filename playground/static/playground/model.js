/* The model step: a list of layers with live shapes, sizes and problems, or an estimator with its arguments. */

import { announce, element, find } from "./dom.js";
import { argumentField } from "./fields.js";
import { applyFix, change, getSetup, onChange, toSpec } from "./state.js";

const CHECK_AFTER_MS = 200;

let socket = null;
let catalog = null;
let timer = null; // of the check that is due
let checking = null; // the promise of the one under way
let adaptOutput = true; // a new table or target: let the last layer follow its classes

export function startModel(trainingSocket, registry) {
  socket = trainingSocket;
  catalog = registry;
  find("palette").replaceChildren(...catalog.layers.map(paletteButton));
  find("estimator").replaceChildren(...catalog.estimators.map(({ name, about }) => element("option", { value: name, title: about }, name)));
  find("estimator").addEventListener("change", (event) => change("model", { user_model: { estimator: event.target.value } }));
  for (const kind of ["network", "estimator"]) {
    find(`kind-${kind}`).addEventListener("change", () => change("model", { kind }));
  }
  onChange((what) => {
    if (what === "data") adaptOutput = true;
    if (what === "model") draw();
    checkSoon();
  });
  socket.on("open", checkSoon);
  draw();
}

function paletteButton(entry) {
  return element("button", { type: "button", title: entry.about, onclick: () => add(entry) }, `+ ${entry.name}`);
}

function add(entry) {
  const layer = { layer: entry.name };
  for (const argument of entry.arguments) if (argument.required) layer[argument.name] = argument.example;
  const layers = [...getSetup().user_arch];
  // Before the output layer, where a hidden layer belongs.
  const position = layers.at(-1)?.layer === "Linear" ? layers.length - 1 : layers.length;
  layers.splice(position, 0, layer);
  change("model", { user_arch: layers });
  announce(`${entry.name} added as layer ${position + 1}.`);
  find("layers").children[position]?.querySelector("input, select, button")?.focus();
}

function draw() {
  const { kind, user_arch, user_model } = getSetup();
  find(`kind-${kind}`).checked = true;
  find("network-editor").hidden = kind !== "network";
  find("estimator-editor").hidden = kind !== "estimator";
  find("layers").replaceChildren(...user_arch.map(layerItem));
  find("estimator").value = user_model.estimator;
  const entry = catalog.estimators.find(({ name }) => name === user_model.estimator);
  find("estimator-about").textContent = entry?.about ?? "";
  find("estimator-arguments").replaceChildren(
    ...(entry?.arguments ?? []).map((argument) =>
      argumentField(argument, user_model[argument.name], user_model.estimator, (value) => {
        const { [argument.name]: _, ...rest } = getSetup().user_model;
        replaceQuietly({ user_model: value === undefined ? rest : { ...rest, [argument.name]: value } });
      }),
    ),
  );
}

function layerItem(layer, position, layers) {
  const entry = catalog.layers.find(({ name }) => name === layer.layer);
  const label = `layer ${position + 1}`;
  const edit = (name, value) => {
    const next = [...getSetup().user_arch];
    const { [name]: _, ...rest } = next[position];
    next[position] = value === undefined ? rest : { ...rest, [name]: value };
    replaceQuietly({ user_arch: next });
  };
  const move = (to) => {
    const next = [...getSetup().user_arch];
    next.splice(to, 0, ...next.splice(position, 1));
    change("model", { user_arch: next });
    announce(`${layer.layer} is now layer ${to + 1}.`);
    find("layers").children[to].querySelector(to < position ? ".up" : ".down").focus();
  };
  const shown = entry?.arguments.filter(({ inferred, name }) => !inferred || layer[name] !== undefined) ?? [];
  return element(
    "li",
    {},
    element(
      "div",
      { className: "layer" },
      element("strong", { title: entry?.about ?? "" }, layer.layer),
      ...shown.map((argument) => argumentField(argument, layer[argument.name], `${layer.layer}, ${label}`, (value) => edit(argument.name, value))),
      element("span", { className: "shape", title: "What comes out, and how many numbers are learned" }),
      element(
        "span",
        { className: "tools" },
        element("button", { type: "button", className: "up", disabled: position === 0, "aria-label": `Move ${label} up`, onclick: () => move(position - 1) }, "↑"),
        element("button", { type: "button", className: "down", disabled: position === layers.length - 1, "aria-label": `Move ${label} down`, onclick: () => move(position + 1) }, "↓"),
        element("button", {
          type: "button",
          "aria-label": `Remove ${label}`,
          onclick: () => {
            change("model", { user_arch: getSetup().user_arch.filter((_, index) => index !== position) });
            announce(`${layer.layer} removed.`);
          },
        }, "×"),
      ),
    ),
    element("div", { className: "problems" }),
  );
}

/** An edit inside a field: the field keeps its focus, so nothing is drawn anew. */
function replaceQuietly(fields) {
  change("quiet", fields);
}

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(checkNow, CHECK_AFTER_MS);
}

function checkNow() {
  clearTimeout(timer);
  timer = null;
  checking = check();
  return checking;
}

/** Resolves when what was changed last has been checked, and the output layer follows the table's classes. */
export async function settle() {
  await checking;
  while (timer !== null) await checkNow();
}

async function check() {
  const asked = JSON.stringify(toSpec());
  let checked;
  try {
    checked = await socket.request("checkTraining", toSpec());
  } catch (error) {
    if (error.code === "connection_lost") return;
    checked = { layers: [], problems: [{ level: "error", where: error.where, message: error.message, hint: error.hint, fix: [] }], parameters: 0 };
  }
  if (asked !== JSON.stringify(toSpec())) return; // an answer to an older setup
  const output = checked.problems.find(({ code }) => code === "wrong_output_size");
  if (output?.fix.length && adaptOutput) {
    adaptOutput = false;
    applyFix(output.fix);
    return;
  }
  adaptOutput = false;
  showChecked(checked);
}

function showChecked({ layers, parameters, problems, features }) {
  const items = [...find("layers").children];
  items.forEach((item, position) => {
    const shape = layers[position];
    item.querySelector(".shape").textContent = shape?.output_shape
      ? `→ ${shape.output_shape.join(" × ")}${shape.parameters ? ` · ${shape.parameters.toLocaleString()} parameters` : ""}`
      : "";
    item.querySelector(".problems").replaceChildren();
  });
  find("input-size").textContent = features ? `${features} numbers come in from the data` : "";
  const isNetwork = getSetup().kind === "network";
  find("parameters").textContent = isNetwork ? `${parameters.toLocaleString()} parameters in all` : "";
  const others = [];
  for (const problem of problems) {
    const position = problem.where.match(/^user_arch\[(\d+)\]/)?.[1];
    const place = isNetwork && position !== undefined ? items[position]?.querySelector(".problems") : null;
    if (place) place.append(problemBox(problem));
    else others.push(problemBox(problem));
  }
  find("problems").replaceChildren(...others);
  const errors = problems.filter(({ level }) => level === "error").length;
  find("train").disabled = errors > 0;
  find("train-note").textContent = errors ? "Mend what is marked above first." : "";
}

function problemBox(problem) {
  const fix = problem.fix.length
    ? element("button", { type: "button", className: "fix", onclick: () => {
        applyFix(problem.fix);
        announce("Fixed.");
      } }, "Fix")
    : null;
  const sign = problem.level === "error" ? "✕ " : "! ";
  return element("p", { className: `problem ${problem.level}` }, element("span", { "aria-hidden": "true" }, sign), element("strong", {}, problem.message), ` ${problem.hint} `, fix);
}
