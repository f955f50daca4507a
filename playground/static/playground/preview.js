/* The first five rows of the chosen table, and what was noticed while it was read. Called by data.js. */

import { element, find } from "./dom.js";
import { onChange } from "./state.js";
import { getTable, getTarget, onTable } from "./table.js";

export function startPreview() {
  onTable(draw);
  onChange((what, previous) => ["data", "restored"].includes(what) && getTable() && draw(getTable(), previous));
}

function draw({ name, rows, columns, preview, notes }) {
  const target = getTarget();
  const head = columns.map((column) => element("th", { scope: "col", className: column.name === target ? "target" : "" }, column.name));
  const body = preview.map((row) =>
    element("tr", {}, ...columns.map((column) => (row[column.name] === null ? element("td", { className: "missing" }, "missing") : element("td", {}, String(row[column.name]))))),
  );
  find("preview").replaceChildren(
    element("caption", {}, `${name}: the first ${preview.length} of ${rows.toLocaleString()} rows`),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
  find("data-notes").replaceChildren(...notes.map((note) => element("li", {}, note)));
}
