/* The model step: a network or a classical model, what the check says of it, and what it comes to in a sentence. */

import { onChecked, startCheck } from "./check.js";
import { find } from "../ui/dom.js";
import { drawEstimator, showFitting, startEstimator } from "./estimator.js";
import { drawLayers, showShapes, startLayers } from "./layers.js";
import { startPalette } from "./palette.js";
import { startPresets } from "./presets.js";
import { showProblems } from "./problems.js";
import { change, getSetup, onChange } from "./state.js";
import { getTable, getTarget } from "./table.js";

export { settle } from "./check.js"; // the run waits for it

export function startModel(socket, catalog) {
  startLayers(catalog);
  startPalette(catalog);
  startEstimator(catalog);
  startPresets();
  for (const kind of ["network", "estimator"]) {
    find(`kind-${kind}`).addEventListener("change", () => change("kind", { kind }));
  }
  onChange((what) => !["quiet", "settings", "data"].includes(what) && draw());
  onChecked(show);
  startCheck(socket);
  draw();
}

function draw() {
  const { kind } = getSetup();
  find(`kind-${kind}`).checked = true;
  find("network-editor").hidden = kind !== "network";
  find("estimator-editor").hidden = kind !== "estimator";
  drawLayers();
  drawEstimator();
}

function show(checked) {
  const { parameters, problems, features } = checked;
  const isNetwork = getSetup().kind === "network";
  showShapes(checked);
  showFitting(checked);
  showProblems(problems, isNetwork ? [...find("layers").children] : []);
  find("input-size").textContent = features ? `${features.toLocaleString()} ${features === 1 ? "input" : "inputs"}: the numbers that the features become` : "";
  find("parameters").textContent = isNetwork ? `${parameters.toLocaleString()} parameters in total` : "";
  const errors = problems.filter(({ level }) => level === "error").length;
  const lacksTarget = getTable() !== null && getTarget() === null;
  find("train").disabled = errors > 0 || lacksTarget;
  if (lacksTarget) find("train-note").textContent = "Choose the target first: the column to predict.";
  else find("train-note").textContent = errors ? `Fix ${errors} ${errors === 1 ? "problem" : "problems"}: ${errors === 1 ? "it is" : "each is"} marked with ✕.` : sentence(checked);
}

/** What pressing Train would do. */
function sentence({ target, data, model, rows, problem_type }) {
  if (!target) return "";
  const task = problem_type === "regression" ? "to predict the number" : "to predict the class";
  const what = getSetup().kind === "network" ? "The network" : model;
  return `${what} learns ${task} ${target} from ${rows.toLocaleString()} rows of ${data}.`;
}
