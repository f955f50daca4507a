/* The feature importance of a finished model, and the test rows behind a cell of its confusion matrix. Called by the run panel. */

import { askModel } from "../wire/asking.js";
import { drawCards } from "./diagnosis.js";
import { announce, element, find, formatNumber } from "../ui/dom.js";
import { drawTerms } from "./terms.js";

const SHOWN = 15; // columns, the most important ones
const PAGE = 20; // test rows at a time

let socket = null;

export function startInsights(trainingSocket) {
  socket = trainingSocket;
}

/** Nothing is known yet; the place is kept. */
export function clearInsights() {
  find("insights-note").textContent = "Computing: each column is shuffled to see how much worse the model gets …";
  find("insights").replaceChildren();
  find("insights-terms").replaceChildren();
  find("insights-diagnoses").replaceChildren();
  find("cell-rows").hidden = true;
}

/** Files are announced last: what is not known by then will not be. */
export function endInsights() {
  if (!find("insights").childElementCount) find("insights-note").textContent = "It could not be computed for this run.";
}

/** `start(patch)` starts an experiment. */
export function showInsights({ metric, feature_importance: columns, terms = [], note, diagnosis = [] }, start) {
  const name = metric === "accuracy" ? "accuracy" : "R²";
  const more = columns.length > SHOWN ? `The ${SHOWN} most important of ${columns.length} columns. ` : "";
  find("insights-note").textContent = `Permutation importance: how much ${name} falls when a column's values are shuffled. ${more}${note}`;
  const most = Math.max(...columns.map(({ importance }) => importance), 1e-9);
  const rows = columns.slice(0, SHOWN).map(({ column, importance, spread }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", title: column }, column),
      element("td", { title: `± ${formatNumber(spread, 2)}` }, formatNumber(Number(importance.toFixed(4)) + 0, 2)),
      element("td", { className: "bar" }, element("meter", { min: 0, max: most, value: Math.max(importance, 0), "aria-hidden": "true" })),
    ),
  );
  find("insights").replaceChildren(...rows);
  drawTerms(find("insights-terms"), terms);
  drawCards(find("insights-diagnoses"), diagnosis, start);
}

/** A cell of the confusion matrix that opens the rows behind it. */
export function cellButton(runId, actual, said, count) {
  if (find("confusion").closest(".shared")) return String(count); // rows are their owner's to look at
  const label = `${count} test rows: actual ${actual}, predicted ${said}`;
  const open = () => openRows(runId, actual, said, 0, []);
  return count ? element("button", { type: "button", className: "plain", title: "Show these rows", "aria-label": label, onclick: open }, String(count)) : "0";
}

async function openRows(runId, actual, said, offset, before) {
  try {
    const page = await askModel(socket, "listTestRows", { run_id: runId, actual, predicted: said, offset, limit: PAGE });
    draw(runId, actual, said, before.concat(page.rows), page.total);
  } catch (error) {
    find("cell-rows").hidden = false;
    find("cell-rows").replaceChildren(element("p", { className: "problem error" }, element("strong", {}, error.message), ` ${error.hint ?? ""}`));
  }
}

function draw(runId, actual, said, rows, total) {
  const columns = Object.keys(rows[0]?.values ?? {});
  const cell = (value) => element("td", { className: value === null ? "missing" : "" }, value === null ? "missing" : String(value));
  const table = element(
    "table",
    {},
    element("thead", {}, element("tr", {}, ...["row", "probability", ...columns].map((name) => element("th", { scope: "col" }, name)))),
    element(
      "tbody",
      {},
      ...rows.map((row) =>
        element("tr", {}, element("th", { scope: "row" }, String(row.row)), element("td", {}, `${(100 * row.probabilities[said]).toFixed(0)} %`), ...columns.map((name) => cell(row.values[name]))),
      ),
    ),
  );
  const title = `${total} test ${total === 1 ? "row" : "rows"}: actual ${actual}, predicted ${said}`;
  const more = rows.length < total && element("button", { type: "button", onclick: () => openRows(runId, actual, said, rows.length, rows) }, "Show more");
  find("cell-rows").hidden = false;
  find("cell-rows").replaceChildren(
    element("h3", {}, title),
    element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": title }, table),
    ...(more ? [more] : []),
  );
  announce(title);
}
