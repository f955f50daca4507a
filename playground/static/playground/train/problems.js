/* Problems of the setup, each at its place: its layer, its setting, its step. Called by model.js after each check. */

import { announce, element, find } from "../ui/dom.js";
import { SETTINGS } from "./setup.js";
import { applyFix, isApplied } from "./state.js";
import { getTable } from "./table.js";
import { inPageWords } from "../ui/wording.js";

const OF_DATA = /^(default|dataset_id|fileURL|csvData|target|features|column_types|problem_type|reading)\b/;

/** How rows are divided and weighed, and the control that shows it. */
const OF_ROWS = { split: "split", "split.column": "split-column", "split.value": "split-value", "split.dataset_id": "split-table", weight: "weight", class_weight: "class_weight" };

const SHOWN = 4; // at one step; of a hundred columns of prose nobody wants to read a hundred times

/** `layers` are the list items of the network's layers, none for an estimator. */
export function showProblems(problems, layers) {
  const boxes = { data: [], model: [], target: [] };
  for (const item of layers) item.querySelector(".problems").replaceChildren();
  for (const name of [...Object.keys(SETTINGS), ...Object.values(OF_ROWS)]) clearSetting(name);
  const noted = new Set((getTable()?.problems ?? []).map(identify));
  for (const problem of problems) {
    if (problem.level !== "error" && (problem.code === "guessed_target" || noted.has(identify(problem)))) continue; // it is said already
    const layer = layers[problem.where.match(/^user_arch\[(\d+)\]/)?.[1]];
    const field = OF_ROWS[problem.where] ?? problem.where;
    const setting = Object.hasOwn(SETTINGS, problem.where) || Object.hasOwn(OF_ROWS, problem.where) ? find(field) : null;
    if (layer) layer.querySelector(".problems").append(problemBox(problem));
    else if (setting) showAtSetting(setting, problem);
    else if (problem.code === "no_target") boxes.target.push(remedies(problem)); // what it says stands there
    else if (problem.where === "target") boxes.target.push(problemBox(problem));
    else boxes[OF_DATA.test(problem.where) ? "data" : "model"].push(problemBox(problem));
  }
  find("problems").replaceChildren(...fold(boxes.model));
  find("data-problems").replaceChildren(...fold(boxes.data));
  find("target-problems").replaceChildren(...boxes.target.filter(Boolean));
}

const identify = ({ code, where, message }) => JSON.stringify([code, where, message]);

/** Errors first, and what is beyond a few put away until it is asked for. */
function fold(boxes) {
  const sorted = boxes.toSorted((a, b) => b.matches(".error") - a.matches(".error"));
  const rest = sorted.slice(SHOWN);
  if (!rest.length) return sorted;
  return [...sorted.slice(0, SHOWN), element("details", {}, element("summary", {}, `${rest.length} more`), ...rest)];
}

function showAtSetting(setting, problem) {
  const box = problemBox(problem);
  const number = find("setup").querySelectorAll(`[data-setting="${setting.id}"]`).length;
  box.id = `${setting.id}-problem${number ? `-${number + 1}` : ""}`; // there may be several
  box.dataset.setting = setting.id;
  box.setAttribute("aria-live", "polite");
  setting.closest("details")?.setAttribute("open", "");
  setting.setAttribute("aria-invalid", String(problem.level === "error"));
  setting.setAttribute("aria-errormessage", box.id);
  setting.closest(".field").after(box);
}

function clearSetting(name) {
  for (const box of find("setup").querySelectorAll(`[data-setting="${name}"]`)) box.remove();
  find(name).removeAttribute("aria-invalid");
  find(name).removeAttribute("aria-errormessage");
}

/** Buttons for what the server proposes: one that mends it, or one for each way to settle it. Null where there is none. */
export function remedies({ message, fix = [], choices = [] }) {
  const offers = [...(fix.length ? [{ label: "Fix", operations: fix, said: "Fixed." }] : []), ...choices.map(({ label, fix: operations }) => ({ label, operations, said: `${label}: done.` }))];
  if (!offers.length) return null;
  const buttons = offers.map(({ label, operations, said }) => {
    const pressed = choices.length > 0 && isApplied(operations); // of several ways, the one that is taken is seen
    return element("button", { type: "button", className: "fix", ...(pressed && { "aria-pressed": "true" }), onclick: () => {
      applyFix(operations);
      announce(said);
    } }, label);
  });
  return element("span", { className: "remedies", role: "group", "aria-label": message }, ...buttons);
}

function problemBox(problem) {
  const word = problem.level === "error" ? "Error: " : "Warning: "; // beside the colour
  return element(
    "p",
    { className: `problem ${problem.level}` },
    element("span", { "aria-hidden": "true" }, problem.level === "error" ? "✕ " : "! "),
    element("span", { className: "sr-only" }, word),
    element("strong", {}, problem.message),
    ` ${inPageWords(problem.hint)} `,
    remedies(problem),
  );
}
