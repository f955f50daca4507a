/* The first five rows of the chosen table. Called by data.js. */

import { element, find } from "../ui/dom.js";
import { onChange } from "./state.js";
import { getTable, getTarget, onTable } from "./table.js";

const MOST_COLUMNS = 60; // a table may have thousands
const DIGITS = 6; // of a fraction: more would only push other columns out of sight

export function startPreview() {
  onTable(draw);
  onChange((what) => ["data", "preset", "restored"].includes(what) && getTable() && draw(getTable()));
}

function draw({ name, rows, columns: all, preview }) {
  const target = getTarget();
  const columns = all.slice(0, MOST_COLUMNS);
  const part = all.length > MOST_COLUMNS ? `, the first ${MOST_COLUMNS} of ${all.length.toLocaleString()} columns` : "";
  const head = columns.map((column) => element("th", { scope: "col", className: column.name === target ? "target" : "" }, column.name));
  const body = preview.map((row) =>
    element("tr", {}, ...columns.map((column) => (row[column.name] === null ? element("td", { className: "missing" }, "missing") : element("td", {}, write(row[column.name]))))),
  );
  find("preview").replaceChildren(
    element("caption", {}, `${name}: the first ${preview.length} of ${rows.toLocaleString()} rows${part}`),
    element("thead", {}, element("tr", {}, ...head)),
    element("tbody", {}, ...body),
  );
}

const write = (value) => (typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(DIGITS))) : String(value));
