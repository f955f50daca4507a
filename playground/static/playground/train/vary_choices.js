/* What of the setup can be tried with several values, and which values suggest themselves. Called by vary.js. */

import { namePlace } from "../ui/places.js";
import { isShown, LISTED, listOptions } from "./setting_choices.js";
import { SETTINGS } from "./setup.js";

// Steps of about three where orders of magnitude count.
/** @type {Record<string, any[]>} */
const SUGGESTED = {
  learning_rate: [0.001, 0.003, 0.01, 0.03, 0.1],
  batch_size: [8, 16, 32, 64, 128],
  epochs: [10, 30, 100, 300],
  weight_decay: [0, 0.0001, 0.001, 0.01, 0.1],
  momentum: [0, 0.5, 0.9, 0.99],
  gradient_clip: [0.1, 1, 10],
  schedule_step: [5, 10, 20],
  schedule_gamma: [0.1, 0.3, 0.5],
  patience: [5, 10, 20, 50],
  test_size: [0.1, 0.2, 0.3, 0.4],
  optimizer_name: ["Adam", "SGD", "RMSprop"],
  schedule: ["", "step", "cosine"],
};
/** @type {Record<string, string[]>} */
const LOSSES = { classification: ["CELOSS", "WCELOSS"], regression: ["MSELOSS", "L1LOSS", "HUBERLOSS"] };
const SHARES = [0, 0.1, 0.2, 0.3, 0.5]; // such as of dropout
const OF_ALL = ["test_size", "shuffle"]; // that estimators look at, too
const NEITHER = ["seed", "folds", "custom_model_name"]; // seeds have a field of their own
const INTERCHANGEABLE = "Activations"; // layers of this group can take each other's place
const MODELS = ["RandomForest", "HistGradientBoosting", "KNeighbors", "LogisticRegression", "Ridge"];

/** With `options` where the values are ticked, and `values` where they are written.
    @typedef {{ path: string, label: string, group: string, about?: string, values?: any[],
      options?: { value: any, text: string, checked: boolean }[] }} Choice */

/** The first is what is most worth trying. `tips`: by the name of a setting, what it means.
    @param {import("./store.js").TrainState} state @param {any} catalog @param {Record<string, string>} tips
    @returns {Choice[]} */
export function listChoices({ setup, problemType }, catalog, tips) {
  const names = Object.keys(SETTINGS).filter(
    (name) => !NEITHER.includes(name) && (setup.kind === "network" || OF_ALL.includes(name)) && isShown(setup, name),
  );
  const training = names.map((name) => ({
    path: name,
    label: namePlace(name),
    group: "Training",
    about: tips[name],
    ...ofSetting(name, catalog, problemType),
  }));
  training.sort((a, b) => Number(b.path === "learning_rate") - Number(a.path === "learning_rate"));
  return setup.kind === "network"
    ? [...training, ...ofLayers(setup, catalog)]
    : [...ofEstimator(setup, catalog, problemType), ...training];
}

/** The choice with other values instead of those that suggest themselves.
    @param {Choice} choice @param {any[]} values @returns {Choice} */
export function withValues(choice, values) {
  if (!choice.options) return { ...choice, values };
  const asked = values.map((value) => JSON.stringify(value));
  return {
    ...choice,
    options: choice.options.map((option) => ({ ...option, checked: asked.includes(JSON.stringify(option.value)) })),
  };
}

/** @param {string} name @param {any} catalog @param {string | null} problemType */
function ofSetting(name, catalog, problemType) {
  if (name === "shuffle") return { options: yesOrNo() };
  if (!LISTED.includes(name)) return { values: SUGGESTED[name] };
  const suggested = name === "criterion" ? (LOSSES[problemType ?? ""] ?? []) : SUGGESTED[name];
  // "" is "automatic" or "constant": what it means is there only where nothing else says the same.
  const offered = listOptions(catalog, name).filter(([value]) => value || name === "schedule");
  return {
    options: offered.map(([value, text]) => ({
      value: value || null,
      text,
      checked: suggested?.includes(value) ?? true,
    })),
  };
}

/** @param {import("./setup.js").Setup} setup @param {any} catalog @returns {Choice[]} */
function ofLayers({ user_arch: layers }, { layers: entries }) {
  return layers.flatMap((layer, position) => {
    const entry = entries.find((/** @type {any} */ { name }) => name === layer.layer);
    if (!entry) return [];
    const path = `user_arch[${position}]`;
    const group = `Layer ${position + 1}: ${layer.layer}`;
    const isLast = position === layers.length - 1; // its size is the table's to say
    const varied = entry.arguments
      .filter((/** @type {any} */ { inferred, name }) => !inferred && !(isLast && name === "out_features"))
      .map((/** @type {any} */ argument) =>
        ofArgument(`${path}.${argument.name}`, group, argument, layer[argument.name], layers),
      );
    if (entry.group === INTERCHANGEABLE)
      varied.unshift({
        path,
        label: `which activation as layer ${position + 1}`,
        group,
        about: entry.about,
        options: ofGroup(entries, entry, layer),
      });
    return varied.filter(Boolean);
  });
}

/** @param {any[]} entries @param {any} entry @param {any} layer */
function ofGroup(entries, { group, name: current }, layer) {
  const members = entries.filter(
    (entry) => entry.group === group && !entry.arguments.some((/** @type {any} */ { required }) => required),
  );
  return members.map(({ name }, place) => ({
    value: name === current ? layer : { layer: name },
    text: name,
    checked: name === current || place < 3,
  }));
}

/** @param {import("./setup.js").Setup} setup @param {any} catalog @param {string | null} problemType
    @returns {Choice[]} */
function ofEstimator({ user_model: model }, { estimators }, problemType) {
  const entry = estimators.find((/** @type {any} */ { name }) => name === model.estimator);
  const fitting = estimators.filter(
    (/** @type {any} */ { name, problem_type }) =>
      !problemType || problem_type === problemType || name === model.estimator,
  );
  const options = fitting.map((/** @type {any} */ { name }) => ({
    value: name === model.estimator ? model : { estimator: name },
    text: name,
    checked: name === model.estimator || MODELS.some((known) => name.startsWith(known)),
  }));
  const group = model.estimator;
  const varied = (entry?.arguments ?? []).map((/** @type {any} */ argument) =>
    ofArgument(`user_model.${argument.name}`, group, argument, model[argument.name]),
  );
  return [
    ...varied.filter(Boolean),
    {
      path: "user_model",
      label: "which model",
      group: "Model",
      about: "Every model is trained with its usual arguments.",
      options,
    },
  ];
}

/** @param {string} path @param {string} group @param {any} argument @param {any} current @param {any[]} [layers]
    @returns {Choice} */
function ofArgument(path, group, argument, current, layers = []) {
  const { about, type } = argument;
  const label = namePlace(path, layers);
  if (type === "boolean") return { path, label, group, about, options: yesOrNo() };
  if (type === "choice")
    return {
      path,
      label,
      group,
      about,
      options: argument.choices.map((/** @type {any} */ value) => ({
        value,
        text: value === null ? "none" : String(value),
        checked: true,
      })),
    };
  if (type === "pair" || type === "sizes")
    return {
      path,
      label,
      group,
      about,
      values: suggestNumbers(
        { ...argument, type: "integer" },
        [current ?? argument.default ?? argument.example].flat()[0],
      ),
    };
  return {
    path,
    label,
    group,
    about,
    values: suggestNumbers(argument, current ?? argument.default ?? argument.example),
  };
}

/** Around what is usual, and within bounds.
    @param {any} argument @param {number | null} current @returns {(number | null)[]} */
function suggestNumbers({ type, minimum, maximum, optional, default: usual }, current) {
  const isShare = type === "number" && minimum !== null && minimum >= 0 && maximum !== null && maximum <= 1;
  const middle = current || (type === "integer" ? 4 : 1);
  const factors = type === "integer" ? [1 / 4, 1 / 2, 1, 2, 4] : [1 / 100, 1 / 10, 1, 10, 100];
  const raw = isShare
    ? [...SHARES, ...(current ? [current] : [])]
    : factors.map((factor) =>
        type === "integer" ? Math.round(middle * factor) : Number((middle * factor).toPrecision(2)),
      );
  const within = raw.filter(
    (value) =>
      (minimum === null || value >= minimum) &&
      (maximum === null || value <= maximum) &&
      (type !== "integer" || value >= 1),
  );
  const sorted = [...new Set(within)].sort((a, b) => a - b);
  return optional && usual === null ? [...sorted, null] : sorted;
}

const yesOrNo = () => [
  { value: true, text: "yes", checked: true },
  { value: false, text: "no", checked: true },
];
