/* A classical model: chosen among those that fit the problem, with its arguments. Called by model.js. */

import { element, find } from "../ui/dom.js";
import { argumentField } from "./fields.js";
import { change, getSetup } from "./state.js";

const SHOWN_FIRST = 2; // arguments; the registry names the important ones first

let entries = [];
let problemType = null; // what the table asks for, once that is known

export function startEstimator(catalog) {
  entries = catalog.estimators;
  find("estimator").addEventListener("change", (event) => change("model", { user_model: { estimator: event.target.value } }));
}

export function drawEstimator() {
  const { user_model } = getSetup();
  const entry = entries.find(({ name }) => name === user_model.estimator);
  drawChoices(user_model.estimator);
  find("estimator-about").textContent = entry?.about ?? "";
  const field = (argument) => argumentField(argument, user_model[argument.name], { name: argument.name, of: user_model.estimator }, (value) => edit(argument.name, value));
  const all = entry?.arguments ?? [];
  find("estimator-arguments").replaceChildren(...all.slice(0, SHOWN_FIRST).map(field));
  find("estimator-more-arguments").replaceChildren(...all.slice(SHOWN_FIRST).map(field));
  find("estimator-more").hidden = all.length <= SHOWN_FIRST;
}

/** The check tells which kind of problem it is. */
export function showFitting({ problem_type }) {
  if (!problem_type || problem_type === problemType) return;
  problemType = problem_type;
  drawChoices(getSetup().user_model.estimator);
}

function drawChoices(chosen) {
  const fitting = entries.filter((entry) => !problemType || entry.problem_type === problemType || entry.name === chosen);
  const groups = [...Map.groupBy(fitting, ({ group }) => group)].map(([label, members]) =>
    element("optgroup", { label }, ...members.map(({ name }) => element("option", { value: name }, name))),
  );
  const unknown = fitting.some(({ name }) => name === chosen) ? [] : [element("option", { value: chosen }, chosen)];
  find("estimator").replaceChildren(...unknown, ...groups);
  find("estimator").value = chosen;
}

/** Inside a field: it keeps its focus, so nothing is drawn anew. */
function edit(name, value) {
  const { [name]: _, ...rest } = getSetup().user_model;
  change("quiet", { user_model: value === undefined ? rest : { ...rest, [name]: value } });
}
