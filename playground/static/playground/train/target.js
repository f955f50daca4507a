/* The target: the column that is predicted. A table may suggest one, which is said; nothing is predicted by chance.
   Called by data.js. */

import { choiceNodes } from "./column_choice.js";
import { announce, element, find } from "../ui/dom.js";
import { histogram, inWords } from "../ui/histogram.js";
import { NO_TARGET } from "./setup.js";
import { change, getSetup, onChange } from "./state.js";
import { getTable, getTarget, onTable } from "./table.js";

export function startTarget() {
  find("target").addEventListener("change", () => choose(find("target").value));
  onTable(draw);
  onChange((what) => what !== "quiet" && what !== "settings" && draw());
}

/** Whether the target is only suggested, by the name of a column. */
export const isSuggested = () => getSetup().target === null && getTable().target_guessed;

function choose(target) {
  const { split, weight } = getSetup();
  const others = { split: split?.column === target ? null : split, weight: weight === target ? null : weight };
  change("data", { ...NO_TARGET, ...others, target: target || null });
}

function draw() {
  const table = getTable();
  if (!table) return;
  const target = getTarget();
  const column = table.columns.find(({ name }) => name === target);
  const none = target === null ? [element("option", { value: "", selected: true }, "Choose a column")] : [];
  find("target").replaceChildren(...none, ...table.columns.map(({ name }) => element("option", { value: name, selected: name === target }, name)));
  find("target").setAttribute("aria-invalid", String(target === null));
  find("target-picture").replaceChildren(...(column ? [histogram(column) ?? "", element("small", {}, inWords(column)), ...choiceNodes(column)] : []));
  drawNote(target);
}

function drawNote(target) {
  const keep = element("button", { type: "button", className: "fix", onclick: () => {
    change("data", { target }); // what was chosen for it so far stays
    announce(`The target is ${target}.`);
  } }, "Keep");
  const words = target === null ? ["Choose the column to predict: no column name suggests one."] : [`Suggested target: ${target}, because of its name. Keep it, or choose another column. `, keep];
  find("target-note").hidden = target !== null && !isSuggested();
  find("target-note").replaceChildren(...words);
}
