/* Problems of the setup, each at its place: its layer, its setting, its step. Called by model.js after each check. */

import { announce, element, find } from "./dom.js";
import { SETTINGS } from "./setup.js";
import { applyFix } from "./state.js";

const OF_DATA = /^(default|dataset_id|fileURL|csvData|target|features|column_types|problem_type)\b/;

const SHOWN = 4; // at one step; of a hundred columns of prose nobody wants to read a hundred times

/** `layers` are the list items of the network's layers, none for an estimator. */
export function showProblems(problems, layers) {
  const boxes = { data: [], model: [] };
  for (const item of layers) item.querySelector(".problems").replaceChildren();
  for (const name of Object.keys(SETTINGS)) clearSetting(name);
  for (const problem of problems) {
    const layer = layers[problem.where.match(/^user_arch\[(\d+)\]/)?.[1]];
    const setting = Object.hasOwn(SETTINGS, problem.where) ? find(problem.where) : null;
    if (layer) layer.querySelector(".problems").append(problemBox(problem));
    else if (setting) showAtSetting(setting, problem);
    else boxes[OF_DATA.test(problem.where) ? "data" : "model"].push(problemBox(problem));
  }
  find("problems").replaceChildren(...fold(boxes.model));
  find("data-problems").replaceChildren(...fold(boxes.data));
}

/** Errors first, and what is beyond a few put away until it is asked for. */
function fold(boxes) {
  const sorted = boxes.toSorted((a, b) => b.matches(".error") - a.matches(".error"));
  const rest = sorted.slice(SHOWN);
  if (!rest.length) return sorted;
  return [...sorted.slice(0, SHOWN), element("details", {}, element("summary", {}, `${rest.length} more`), ...rest)];
}

function showAtSetting(setting, problem) {
  const box = problemBox(problem);
  box.id = `${setting.id}-problem`;
  setting.closest("details")?.setAttribute("open", "");
  setting.setAttribute("aria-invalid", String(problem.level === "error"));
  setting.setAttribute("aria-errormessage", box.id);
  setting.closest(".field").after(box);
}

function clearSetting(name) {
  find(`${name}-problem`)?.remove();
  find(name).removeAttribute("aria-invalid");
  find(name).removeAttribute("aria-errormessage");
}

function problemBox(problem) {
  const fix = element("button", { type: "button", className: "fix", onclick: () => {
    applyFix(problem.fix);
    announce("Fixed.");
  } }, "Fix");
  const word = problem.level === "error" ? "Mend this: " : "Think about this: "; // beside the colour
  return element(
    "p",
    { className: `problem ${problem.level}` },
    element("span", { "aria-hidden": "true" }, problem.level === "error" ? "✕ " : "! "),
    element("span", { className: "sr-only" }, word),
    element("strong", {}, problem.message),
    ` ${problem.hint} `,
    problem.fix.length ? fix : null,
  );
}
