/* Cards that say what happened in a run and what to try next: from its result, its insights or its failure. */

import { element } from "../ui/dom.js";

/** @typedef {import("./types.d.ts").Card} Card */

const ADDRESS = "/learn/";

/** Which module teaches it. @type {Record<string, string>} */
export const MODULES = {
  all_well: "what-a-model-is",
  diverged: "loss-and-gradient-descent",
  gives_away: "preparing-data",
  leaking_split: "preparing-data",
  no_better: "what-a-model-is",
  noted: "preparing-data",
  one_class_only: "confusion-matrix-and-roc",
  overfitting: "over-and-underfitting",
  still_improving: "loss-and-gradient-descent",
  underfitting: "over-and-underfitting",
  unstable: "loss-and-gradient-descent",
};

/** How grave it is, in words and a sign beside the colour. @type {Record<string, { sign: string, className: string }>} */
const LOOKS = {
  all_well: { sign: "✓", className: "" },
  diverged: { sign: "✕", className: "fault" },
  gives_away: { sign: "!", className: "care" },
  leaking_split: { sign: "!", className: "care" },
  no_better: { sign: "✕", className: "fault" },
  one_class_only: { sign: "✕", className: "fault" },
};
const USUAL = { sign: "!", className: "care" };

/**
 * @param {Element} node
 * @param {Card[]} diagnoses
 * @param {((patch: import("../wire/json_patch.js").Operation[]) => void) | null} start starts an experiment; null where this run cannot be repeated
 */
export function drawCards(node, diagnoses, start) {
  node.replaceChildren(...diagnoses.map((diagnosis) => card(diagnosis, start)));
}

/**
 * The cards of a result that still hold once its insights are known: all is well only where these found nothing.
 *
 * @param {Card[]} diagnoses
 * @param {unknown[]} leanings
 */
export function settleCards(diagnoses, leanings) {
  return leanings.length === 0 ? diagnoses : diagnoses.filter(({ code }) => code !== "all_well");
}

/**
 * What a failure is worth as a diagnosis; none where its hint says all.
 *
 * @param {import("./types.d.ts").Failure} failure
 * @param {Record<string, any> | null} spec
 * @returns {Card[]}
 */
export function diagnoseFailure({ code, message }, spec) {
  if (code === "diverged") {
    const isOwn = Boolean(spec?.learning_rate);
    return [
      {
        code,
        title: "It diverged",
        sentence: "Each step made it worse than the last, until the loss was larger than a computer can count.",
        advice: isOwn
          ? "Use the default learning rate, which usually works."
          : "Use gradient clipping, which limits the size of a step.",
        patch: [isOwn ? { op: "remove", path: "/learning_rate" } : { op: "add", path: "/gradient_clip", value: 1 }],
      },
    ];
  }
  if (code === "time_limit" && spec && spec.epochs > 1) {
    const epochs = Math.ceil(spec.epochs / 4);
    return [
      {
        code,
        title: "It took too long",
        sentence: message,
        advice: `Train fewer epochs: ${epochs}.`,
        patch: [{ op: "add", path: "/epochs", value: epochs }],
      },
    ];
  }
  if (code === "worker_lost") {
    return [
      {
        code,
        title: "Its process was lost",
        sentence: message,
        advice: "Nothing of yours is wrong with that: start it again.",
        patch: [{ op: "remove", path: "/notify" }],
      },
    ];
  }
  return [];
}

/**
 * @param {Card} diagnosis
 * @param {((patch: import("../wire/json_patch.js").Operation[]) => void) | null} start
 */
function card({ code, title, sentence, advice, patch }, start) {
  const { sign, className } = LOOKS[code] ?? USUAL;
  const button = element("button", { type: "button", className: "strong", onclick: () => start?.(patch) }, "Try it");
  button.setAttribute("aria-label", `Try it: ${advice}`);
  const module = MODULES[code];
  const link = module ? element("a", { href: `${ADDRESS}${module}/` }, "Learn why") : null;
  link?.setAttribute("aria-label", `Learn why: ${title}`);
  return element(
    "article",
    { className: `diagnosis ${className}` },
    element("h4", {}, element("span", { "aria-hidden": "true" }, sign), title),
    element("p", { className: "why" }, sentence),
    element("p", {}, advice),
    element("p", { className: "buttons" }, patch.length && start ? button : null, link),
  );
}
