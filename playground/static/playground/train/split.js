/* How rows become training and test rows, and how much each counts: controls that are there where the table allows them.
   Called by the page's beginning. */

import { onChecked } from "./check.js";
import { element, find } from "../ui/dom.js";
import { change, getSetup, onChange } from "./state.js";
import { getTable, getTarget, onTable } from "./table.js";

const NAME_OF_GROUPS = /(^|[_\W])(id|key|group|patient|subject|person|user|customer|client|device|machine|site|session)s?($|[_\W])/i;
const FEW = 10; // values of a column that marks rows

/** For each kind of split: what it is called, what it means, and the columns that it can go by. */
const KINDS = {
  random: { name: "random", about: "Test rows are drawn at random; each class keeps its share (stratified).", suits: null },
  time: { name: "by time", about: "The latest rows are the test set: the model is tested on rows that come after its training rows.", suits: ({ type }) => type === "date" || type === "number" },
  group: { name: "by group", about: "Rows with the same value stay together, so that no patient, customer or machine is in both the training and the test set. The column is not a feature.", suits: ({ unique }, rows) => unique > 1 && unique < rows },
  given: { name: "given by a column", about: "A column says which rows are the test set. It is not a feature.", suits: ({ unique, type }) => ["category", "boolean", "number"].includes(type) && unique > 1 && unique <= FEW },
};

let problemType = null; // as checked last

export function startSplit() {
  find("split").addEventListener("change", () => chooseKind(find("split").value));
  find("split-column").addEventListener("change", () => chooseColumn(find("split-column").value));
  find("split-value").addEventListener("change", () => change("settings", { split: { ...getSetup().split, value: find("split-value").value || null } }));
  find("weight").addEventListener("change", () => change("data", { weight: find("weight").value || null }));
  find("class_weight").addEventListener("change", () => change("settings", { class_weight: find("class_weight").value || null }));
  onTable(draw);
  onChange((what) => what !== "quiet" && draw());
  onChecked(({ problem_type }) => {
    if (problem_type) problemType = problem_type;
    draw();
  });
}

const columnsFor = (kind) => getTable().columns.filter((column) => column.name !== getTarget() && column.unique > 0 && KINDS[kind].suits(column, getTable().rows));

/** The column that a kind of split most likely goes by: it is shown beside it, to be changed. */
function guess(kind) {
  const columns = columnsFor(kind);
  if (kind === "time") return columns.find(({ type }) => type === "date") ?? columns[0];
  if (kind === "given") return columns.find(({ name, top }) => /split|set|fold|test/i.test(name) || top.some(({ value }) => /test/i.test(value))) ?? columns[0];
  const likely = columns.filter(({ type }) => type === "identifier" || type === "category").toSorted((a, b) => b.unique - a.unique);
  return columns.find(({ name }) => NAME_OF_GROUPS.test(name)) ?? likely[0] ?? columns[0];
}

function chooseKind(kind) {
  if (kind === "random") change("data", { split: null });
  else chooseColumn(guess(kind).name, kind);
}

/** Which value marks test rows, the server finds where it is one of the usual ones; it says so, or asks. */
function chooseColumn(column, kind = getSetup().split.kind) {
  change("data", { split: { kind, column } });
}

function draw() {
  if (!getTable()) return;
  const { split, weight, class_weight: classWeight, kind: model, threshold } = getSetup();
  const kind = split?.kind ?? "random";
  const possible = Object.keys(KINDS).filter((each) => each === kind || each === "random" || columnsFor(each).length > 0);
  offer(find("split"), possible.map((each) => [each, KINDS[each].name]), kind);
  find("split-field").hidden = possible.length < 2;
  find("split-about").textContent = split?.dataset_id ? "The rows of a second table are the test set." : KINDS[kind].about;
  find("split-about").hidden = possible.length < 2;
  find("split-column-field").hidden = kind === "random" || !split?.column;
  find("split-value-field").hidden = kind !== "given" || !split?.column;
  if (split?.column) drawColumn(kind, split);
  const numbers = getTable().columns.filter(({ name, type, minimum }) => (type === "number" && name !== getTarget() && minimum >= 0) || name === weight);
  offer(find("weight"), [["", "none"], ...numbers.map(({ name }) => [name, name])], weight ?? "");
  find("weight-field").hidden = numbers.length === 0;
  drawClassWeight(classWeight, model);
  if (split || weight || classWeight || threshold) find("split-field").closest("details").open = true; // what is chosen is to be seen
}

function drawColumn(kind, { column, value = null }) {
  const names = columnsFor(kind).map(({ name }) => name);
  offer(find("split-column"), (names.includes(column) ? names : [column, ...names]).map((name) => [name, name]), column);
  if (kind !== "given") return;
  const values = (getTable().columns.find(({ name }) => name === column)?.top ?? []).map((each) => each.value);
  const all = value === null || values.includes(value) ? values : [value, ...values];
  offer(find("split-value"), [["", "automatic"], ...all.map((each) => [each, each])], value ?? "");
}

function drawClassWeight(chosen, model) {
  const own = chosen !== null && typeof chosen === "object" ? [["own", "one per class"]] : [];
  offer(find("class_weight"), [["", "off"], ["balanced", "balanced"], ...own], own.length ? "own" : (chosen ?? ""));
  find("class-weight-field").hidden = chosen === null && (problemType !== "classification" || model !== "estimator");
}

/** Options as [value, label], drawn only where they differ: a list that is open stays so. */
function offer(select, options, chosen) {
  const wanted = JSON.stringify(options);
  if (select.dataset.options !== wanted) {
    select.dataset.options = wanted;
    select.replaceChildren(...options.map(([value, label]) => element("option", { value }, label)));
  }
  select.value = chosen;
}
