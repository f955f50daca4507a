/* <preset-choice>: ready-made models to begin with. A link names one by its code, so that codes stay. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { FRESH, NO_TABLE } from "./setup.js";

/** @param {number} out_features */
const linear = (out_features) => ({ layer: "Linear", out_features });
/** @param {number} units */
const hidden = (units) => [linear(units), { layer: "ReLU" }, { layer: "Dropout", p: 0.2 }];

/** @typedef {{ code: string, name: string, about: string, layers?: any[], estimator?: string, table?: string }} Preset */

/** Networks come without their output layer, which the table decides.
    @type {Preset[]} */
export const PRESETS = [
  {
    code: "small",
    name: "Small network",
    about: "One hidden layer of 16 units: quick, and enough for small tables.",
    layers: FRESH.user_arch.slice(0, -1),
  },
  {
    code: "deep",
    name: "Deeper with dropout",
    about: "Two hidden layers with dropout: a fifth of the units is switched off in every step, a regularisation.",
    layers: [...hidden(64), ...hidden(32)],
  },
  {
    code: "conv",
    name: "Convolution on DIGITS",
    about: "A convolutional network: finds small patterns anywhere in the images of handwritten digits.",
    table: "DIGITS",
    layers: [
      { layer: "Unflatten", dim: 1, unflattened_size: [1, 8, 8] },
      { layer: "Conv2d", out_channels: 16, kernel_size: 3, padding: 1 },
      { layer: "ReLU" },
      { layer: "MaxPool2d", kernel_size: 2 },
      { layer: "Flatten" },
    ],
  },
  {
    code: "forest",
    name: "Random forest",
    about: "The vote of a hundred decision trees. Hard to beat on tables.",
    estimator: "RandomForestClassifier",
  },
  {
    code: "boost",
    name: "Gradient boosting",
    about: "Small decision trees, each of which corrects the errors of those before it.",
    estimator: "HistGradientBoostingClassifier",
  },
];

/** @param {string} code */
export const findPreset = (code) => PRESETS.find((preset) => preset.code === code);

/** The setup's fields for a preset; `outputs` are the units of the output layer.
    @param {Preset} preset @param {number} outputs @returns {Partial<import("./setup.js").Setup>} */
export function fieldsOf(preset, outputs) {
  if (preset.estimator) return { kind: "estimator", user_model: { estimator: preset.estimator } };
  return { kind: "network", user_arch: [...structuredClone(preset.layers ?? []), linear(outputs)] };
}

/** The preset that a setup's model is, with the units of its output layer; undefined where it is one of its own.
    @param {import("./setup.js").Setup} setup */
export function recognise(setup) {
  const outputs = setup.user_arch.at(-1)?.out_features ?? 0;
  const part = setup.kind === "network" ? "user_arch" : "user_model";
  return PRESETS.map((preset) => ({ preset, outputs, fields: fieldsOf(preset, outputs) })).find(
    ({ fields }) => fields.kind === setup.kind && JSON.stringify(fields[part]) === JSON.stringify(setup[part]),
  );
}

class PresetChoice extends Component {
  /** @param {{ store: import("./store.js").TrainStore }} page */
  start({ store }) {
    const begin = (/** @type {any} */ preset) => {
      const { default: builtin, user_arch: layers } = store.state.setup;
      const table = preset.table && preset.table !== builtin ? { ...NO_TABLE, default: preset.table } : {};
      store.change("preset", { ...table, ...fieldsOf(preset, layers.at(-1)?.out_features ?? 1) });
      announce(`${preset.name}.`);
    };
    const buttons = PRESETS.map((preset) =>
      element(
        "button",
        { type: "button", "data-tip": preset.about, "data-code": preset.code, onclick: () => begin(preset) },
        preset.name,
      ),
    );
    this.one("#presets").replaceChildren(...buttons);
    store.watch(
      ({ setup }) => setup,
      (setup) => {
        const code = recognise(setup)?.preset.code;
        for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.code === code));
      },
    );
  }
}

customElements.define("preset-choice", PresetChoice);
