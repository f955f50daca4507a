/* Problems of the setup as boxes, with buttons for what mends them. */

import { announce, element } from "../ui/dom.js";
import { inPageWords } from "../ui/wording.js";
import { isApplied } from "./store.js";

/** @typedef {import("./store.js").TrainStore} TrainStore */

const SHOWN = 4; // at one step; of a hundred columns of prose nobody wants to read a hundred times

/** Errors first; what is beyond a few is folded away.
    @param {any[]} problems @param {TrainStore} store */
export function problemBoxes(problems, store) {
  const sorted = problems.toSorted((a, b) => Number(b.level === "error") - Number(a.level === "error"));
  const boxes = sorted.map((problem) => problemBox(problem, store));
  const rest = boxes.slice(SHOWN);
  if (!rest.length) return boxes;
  return [...boxes.slice(0, SHOWN), element("details", {}, element("summary", {}, `${rest.length} more`), ...rest)];
}

/** Shows problems below a control, instead of those that were shown there before.
    @param {HTMLElement} control with an id, in a .field @param {any[]} problems @param {TrainStore} store */
export function markControl(control, problems, store) {
  const field = control.closest(".field");
  for (const box of field?.parentElement?.querySelectorAll(`[data-setting="${control.id}"]`) ?? []) box.remove();
  control.removeAttribute("aria-invalid");
  control.removeAttribute("aria-errormessage");
  problems.forEach((problem, position) => {
    const box = problemBox(problem, store);
    box.id = `${control.id}-problem${position ? `-${position + 1}` : ""}`;
    box.dataset.setting = control.id;
    box.setAttribute("aria-live", "polite");
    control.closest("details")?.setAttribute("open", "");
    control.setAttribute("aria-invalid", String(problem.level === "error"));
    control.setAttribute("aria-errormessage", box.id);
    field?.after(box);
  });
}

/** Buttons for what the server proposes: one that mends it, or one for each way to settle it. Null where there is none.
    @param {any} problem @param {TrainStore} store */
export function remedies({ message, fix = [], choices = [] }, store) {
  const fixes = fix.length ? [{ label: "Fix", operations: fix, said: "Fixed." }] : [];
  const ways = choices.map((/** @type {any} */ { label, fix: operations }) => ({
    label,
    operations,
    said: `${label}: done.`,
  }));
  if (!fixes.length && !ways.length) return null;
  const buttons = [...fixes, ...ways].map(({ label, operations, said }) => {
    const pressed = choices.length > 0 && isApplied(store.state.setup, operations); // of several ways, the one that is taken is seen
    const apply = () => {
      store.applyFix(operations);
      announce(said);
    };
    return element(
      "button",
      { type: "button", className: "fix", ...(pressed && { "aria-pressed": "true" }), onclick: apply },
      label,
    );
  });
  return element("span", { className: "remedies", role: "group", "aria-label": message }, ...buttons);
}

/** @param {any} problem @param {TrainStore} store */
export function problemBox(problem, store) {
  const isError = problem.level === "error";
  return element(
    "p",
    { className: `problem ${problem.level}` },
    element("span", { "aria-hidden": "true" }, isError ? "✕ " : "! "),
    element("span", { className: "sr-only" }, isError ? "Error: " : "Warning: "), // beside the colour
    element("strong", {}, problem.message),
    ` ${inPageWords(problem.hint)} `,
    remedies(problem, store),
  );
}
