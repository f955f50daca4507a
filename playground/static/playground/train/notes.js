/* What was noticed while the table was read: each with what to do about it, and buttons for that. Called by data.js. */

import { element, find } from "../ui/dom.js";
import { remedies } from "./problems.js";
import { onChange } from "./state.js";
import { getTable, onTable } from "./table.js";
import { inPageWords } from "../ui/wording.js";

const SHOWN = 6; // the others are put away until they are asked for

export function startNotes() {
  onTable(draw);
  onChange((what) => ["data", "preset", "restored"].includes(what) && getTable() && draw(getTable()));
}

/** Those that somebody has to decide come first. */
function draw({ problems }) {
  const sorted = problems.toSorted((a, b) => b.choices.length - a.choices.length);
  const buttons = () => [...find("data-notes").querySelectorAll("button")];
  const place = buttons().indexOf(document.activeElement); // drawing anew must not lose it
  const items = sorted.map(item);
  const rest = items.slice(SHOWN);
  const more = rest.length ? [element("li", {}, element("details", {}, element("summary", {}, `${rest.length} more`), element("ul", {}, ...rest)))] : [];
  find("data-notes").replaceChildren(...items.slice(0, SHOWN), ...more);
  find("data-notes-title").hidden = items.length === 0;
  if (place >= 0) (buttons()[place] ?? find("target")).focus();
}

function item(problem) {
  const { message, hint, code, level } = problem;
  return element("li", { "data-code": code, className: level === "error" ? "problem error" : "" }, element("span", { className: "message" }, message), hint ? element("span", { className: "quiet" }, ` ${inPageWords(hint)}`) : null, remedies(problem));
}
