/* The settings step: how to train. An empty field means a default that suits the data. */

import { element, find } from "./dom.js";
import { change, getSetup, onChange } from "./state.js";

const NUMBERS = [
  "epochs", "batch_size", "learning_rate", "weight_decay", "momentum", "gradient_clip", "schedule_step", "schedule_gamma", "patience", "test_size", "seed",
];
const CHOICES = { optimizer_name: "optimizers", criterion: "criteria", schedule: "schedules" };
const NONE = { schedule: "stays the same" }; // what an empty choice is called where it is not "automatic"

export function startSettings(catalog) {
  for (const name of NUMBERS) {
    find(name).addEventListener("input", () => set(name, find(name).value === "" ? undefined : Number(find(name).value)));
  }
  for (const [name, list] of Object.entries(CHOICES)) {
    find(name).replaceChildren(element("option", { value: "" }, NONE[name] ?? "automatic"), ...catalog[list].map((choice) => element("option", { value: choice }, choice)));
    find(name).addEventListener("change", () => set(name, find(name).value || undefined));
  }
  onChange(draw);
  draw();
}

function set(name, value) {
  const { [name]: _, ...rest } = getSetup().settings;
  change("settings", { settings: value === undefined ? rest : { ...rest, [name]: value } });
}

function draw() {
  const { settings } = getSetup();
  for (const name of [...NUMBERS, ...Object.keys(CHOICES)]) {
    if (document.activeElement !== find(name)) find(name).value = settings[name] ?? "";
  }
  const { schedule } = settings;
  find("schedule_step").closest("label").hidden = !["step", "plateau"].includes(schedule);
  find("schedule_gamma").closest("label").hidden = !["step", "plateau"].includes(schedule);
}
