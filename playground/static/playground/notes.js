/* What was noticed while the table was read: each with what to do about it, and buttons for that. Called by data.js. */

import { element, find } from "./dom.js";
import { remedies } from "./problems.js";
import { onTable } from "./table.js";

const SHOWN = 6; // the others are put away until they are asked for

export function startNotes() {
  onTable(draw);
}

/** Those that somebody has to decide come first. */
function draw({ problems }) {
  const sorted = problems.toSorted((a, b) => b.choices.length - a.choices.length);
  const items = sorted.map(item);
  const rest = items.slice(SHOWN);
  const more = rest.length ? [element("li", {}, element("details", {}, element("summary", {}, `${rest.length} more`), element("ul", {}, ...rest)))] : [];
  find("data-notes").replaceChildren(...items.slice(0, SHOWN), ...more);
  find("data-notes-title").hidden = items.length === 0;
}

function item(problem) {
  const { message, hint, code, level } = problem;
  return element("li", { "data-code": code, className: level === "error" ? "problem error" : "" }, element("span", { className: "message" }, message), hint ? element("span", { className: "quiet" }, ` ${hint}`) : null, remedies(problem));
}
