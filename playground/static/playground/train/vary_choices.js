/* What of the setup can be tried with several values, and which values suggest themselves. Called by vary.js. */

import { find } from "../ui/dom.js";
import { namePlace } from "../ui/places.js";
import { SETTINGS } from "./setup.js";
import { getSetup } from "./state.js";

// Steps of about three where orders of magnitude count.
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
const LOSSES = { classification: ["CELOSS", "WCELOSS"], regression: ["MSELOSS", "L1LOSS", "HUBERLOSS"] };
const SHARES = [0, 0.1, 0.2, 0.3, 0.5]; // such as of dropout
const OF_ALL = ["test_size", "shuffle"]; // that estimators look at, too
const NEITHER = ["seed", "folds", "custom_model_name"]; // seeds have a field of their own
const INTERCHANGEABLE = "Activations"; // layers of this group can take each other's place
const MODELS = ["RandomForest", "HistGradientBoosting", "KNeighbors", "LogisticRegression", "Ridge"];

/** [{ path, label, group, about, values }] or with `options` [{ value, text, checked }] instead of `values`, of which the
    first is what is most worth trying. */
export function listChoices(catalog, problemType) {
  const { kind } = getSetup();
  const settings = Object.keys(SETTINGS).filter((name) => !NEITHER.includes(name) && (kind === "network" || OF_ALL.includes(name)) && !find(name).closest(".field").hidden);
  const training = settings.map((name) => ({ path: name, label: namePlace(name), group: "Training", about: find(name).closest(".field").dataset.tip, ...ofSetting(name, problemType) }));
  training.sort((a, b) => (b.path === "learning_rate") - (a.path === "learning_rate"));
  return kind === "network" ? [...training, ...ofLayers(catalog)] : [...ofEstimator(catalog, problemType), ...training];
}

/** The choice with other values instead of those that suggest themselves. */
export function withValues(choice, values) {
  if (!choice.options) return { ...choice, values };
  const asked = values.map((value) => JSON.stringify(value));
  return { ...choice, options: choice.options.map((option) => ({ ...option, checked: asked.includes(JSON.stringify(option.value)) })) };
}

function ofSetting(name, problemType) {
  const field = find(name);
  if (field.type === "checkbox") return { options: yesOrNo() };
  if (!field.matches("select")) return { values: SUGGESTED[name] };
  const suggested = name === "criterion" ? (LOSSES[problemType] ?? []) : SUGGESTED[name];
  // "" is "automatic" or "constant": what it means is there only where nothing else says the same.
  const offered = [...field.options].filter(({ value }) => value || name === "schedule");
  return { options: offered.map(({ value, textContent: text }) => ({ value: value || null, text, checked: suggested?.includes(value) ?? true })) };
}

function ofLayers({ layers: entries }) {
  const { user_arch: layers } = getSetup();
  return layers.flatMap((layer, position) => {
    const entry = entries.find(({ name }) => name === layer.layer);
    if (!entry) return [];
    const path = `user_arch[${position}]`;
    const group = `Layer ${position + 1}: ${layer.layer}`;
    const isLast = position === layers.length - 1; // its size is the table's to say
    const varied = entry.arguments.filter(({ inferred, name }) => !inferred && !(isLast && name === "out_features")).map((argument) => ofArgument(`${path}.${argument.name}`, group, argument, layer[argument.name]));
    if (entry.group === INTERCHANGEABLE) varied.unshift({ path, label: `which activation as layer ${position + 1}`, group, about: entry.about, options: ofGroup(entries, entry, layer) });
    return varied.filter(Boolean);
  });
}

function ofGroup(entries, { group, name: current }, layer) {
  const members = entries.filter((entry) => entry.group === group && !entry.arguments.some(({ required }) => required));
  return members.map(({ name }, place) => ({ value: name === current ? layer : { layer: name }, text: name, checked: name === current || place < 3 }));
}

function ofEstimator({ estimators }, problemType) {
  const { user_model: model } = getSetup();
  const entry = estimators.find(({ name }) => name === model.estimator);
  const fitting = estimators.filter(({ name, problem_type }) => !problemType || problem_type === problemType || name === model.estimator);
  const options = fitting.map(({ name }) => ({ value: name === model.estimator ? model : { estimator: name }, text: name, checked: name === model.estimator || MODELS.some((known) => name.startsWith(known)) }));
  const group = model.estimator;
  const varied = (entry?.arguments ?? []).map((argument) => ofArgument(`user_model.${argument.name}`, group, argument, model[argument.name]));
  return [...varied.filter(Boolean), { path: "user_model", label: "which model", group: "Model", about: "Every model is trained with its usual arguments.", options }];
}

function ofArgument(path, group, argument, current) {
  const { about, type } = argument;
  const label = namePlace(path, getSetup().user_arch);
  if (type === "boolean") return { path, label, group, about, options: yesOrNo() };
  if (type === "choice") return { path, label, group, about, options: argument.choices.map((value) => ({ value, text: value === null ? "none" : String(value), checked: true })) };
  if (type === "pair" || type === "sizes") return { path, label, group, about, values: suggestNumbers({ ...argument, type: "integer" }, [current ?? argument.default ?? argument.example].flat()[0]) };
  return { path, label, group, about, values: suggestNumbers(argument, current ?? argument.default ?? argument.example) };
}

/** Around what is usual, and within bounds. */
function suggestNumbers({ type, minimum, maximum, optional, default: usual }, current) {
  const isShare = type === "number" && minimum !== null && minimum >= 0 && maximum !== null && maximum <= 1;
  const middle = current || (type === "integer" ? 4 : 1);
  const factors = type === "integer" ? [1 / 4, 1 / 2, 1, 2, 4] : [1 / 100, 1 / 10, 1, 10, 100];
  const raw = isShare ? [...SHARES, ...(current ? [current] : [])] : factors.map((factor) => (type === "integer" ? Math.round(middle * factor) : Number((middle * factor).toPrecision(2))));
  const within = raw.filter((value) => (minimum === null || value >= minimum) && (maximum === null || value <= maximum) && (type !== "integer" || value >= 1));
  const sorted = [...new Set(within)].sort((a, b) => a - b);
  return optional && usual === null ? [...sorted, null] : sorted;
}

const yesOrNo = () => [{ value: true, text: "yes", checked: true }, { value: false, text: "no", checked: true }];
