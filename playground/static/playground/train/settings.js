/* The settings step: how to train. An empty field means a default that suits the data. */

import { element, find } from "../ui/dom.js";
import { labelCriterion } from "../ui/labels.js";
import { SETTINGS } from "./setup.js";
import { change, getSetup, onChange } from "./state.js";

const CHOICES = { optimizer_name: "optimizers", criterion: "criteria", schedule: "schedules", trainer: "trainers" };
const NONE = { schedule: "constant" }; // what an empty choice is called where it is not "automatic"
const FALLING = ["step", "plateau"]; // schedules with a step and a factor
const USUAL_OPTIMIZER = "Adam";

let learningRates = {};

export function startSettings(catalog) {
  learningRates = catalog.learning_rates;
  for (const [name, list] of Object.entries(CHOICES)) {
    const options = catalog[list].map((choice) => element("option", { value: choice }, labelCriterion(choice)));
    find(name).replaceChildren(element("option", { value: "" }, NONE[name] ?? "automatic"), ...options);
  }
  for (const name of Object.keys(SETTINGS)) {
    const field = find(name);
    const event = field.matches("select, [type=checkbox]") ? "change" : "input";
    field.addEventListener(event, () => set(name, valueOf(field)));
  }
  onChange(draw);
  draw();
}

/** undefined where it says what is the default anyway. */
function valueOf(field) {
  if (field.type === "checkbox") return field.checked === field.defaultChecked ? undefined : field.checked;
  if (field.value === "") return undefined;
  return field.type === "number" ? Number(field.value) : field.value;
}

function set(name, value) {
  const { [name]: _, ...rest } = getSetup().settings;
  change("settings", { settings: value === undefined ? rest : { ...rest, [name]: value } });
}

function draw() {
  const { settings, kind } = getSetup();
  for (const name of Object.keys(SETTINGS)) {
    const field = find(name);
    if (field.type === "checkbox") field.checked = settings[name] ?? field.defaultChecked;
    else if (document.activeElement !== field || valueOf(field) !== settings[name]) field.value = settings[name] ?? "";
  }
  for (const name of ["schedule_step", "schedule_gamma"]) find(name).closest(".field").hidden = !FALLING.includes(settings.schedule);
  find("learning_rate").placeholder = String(learningRates[settings.optimizer_name ?? USUAL_OPTIMIZER] ?? "");
  find("settings-title").closest("section").classList.toggle("for-estimator", kind === "estimator");
}
