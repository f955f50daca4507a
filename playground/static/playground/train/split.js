/* How rows become training and test rows, and how much each counts: controls that are there where the table allows them.
   Called by the page's beginning. */

import { onChecked } from "./check.js";
import { announce, element, find } from "../ui/dom.js";
import { change, getSetup, onChange } from "./state.js";
import { getTable, getTarget, onTable } from "./table.js";
import { uploadTable } from "./upload.js";
import { inPageWords } from "../ui/wording.js";

const NAME_OF_GROUPS = /(^|[_\W])(id|key|group|patient|subject|person|user|customer|client|device|machine|site|session)s?($|[_\W])/i;
const FEW = 10; // values of a column that marks rows

/** For each kind of split: what it is called, what it means, and the columns that it can go by. */
const KINDS = {
  random: { name: "random", about: "Test rows are drawn at random; each class keeps its share (stratified).", suits: null },
  time: { name: "by time", about: "The latest rows are the test set: the model is tested on rows that come after its training rows.", suits: ({ type }) => type === "date" || type === "number" },
  group: { name: "by group", about: "Rows with the same value stay together, so that no patient, customer or machine is in both the training and the test set. The column is not a feature.", suits: ({ unique }, rows) => unique > 1 && unique < rows },
  given: { name: "given by a column", about: "A column says which rows are the test set. It is not a feature.", suits: ({ unique, type }) => ["category", "boolean", "number"].includes(type) && unique > 1 && unique <= FEW },
  table: { name: "second table", about: "The rows of a second table with the same columns are the test set. All rows of the first table are training rows.", suits: null },
};

let problemType = null; // as checked last
let socket = null;
let uploads = null; // the user's tables, once they are asked for
let isChoosing = false; // a second table is wanted, and none is chosen yet

export function startSplit(trainingSocket) {
  socket = trainingSocket;
  find("split-table").addEventListener("change", () => chooseTable(find("split-table").value));
  find("split-file").addEventListener("change", () => find("split-file").files[0] && upload(find("split-file").files[0]));
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
  isChoosing = kind === "table";
  if (isChoosing) listUploads();
  if (kind === "random" || isChoosing) change("data", { split: null });
  else chooseColumn(guess(kind).name, kind);
}

function chooseTable(id) {
  find("split-table-error").hidden = true;
  isChoosing = !id;
  change("data", { split: id ? { kind: "given", dataset_id: id } : null });
}

async function upload(file) {
  find("split-table-error").hidden = true;
  find("split-table-field").setAttribute("aria-busy", "true");
  try {
    const { dataset_id, name, rows } = await uploadTable(file);
    await listUploads();
    chooseTable(dataset_id);
    announce(`${name} has the test rows: ${rows}.`);
  } catch (error) {
    showError(error);
  } finally {
    find("split-table-field").removeAttribute("aria-busy");
    find("split-file").value = "";
  }
}

async function listUploads() {
  try {
    const { datasets } = await socket.request("listDatasets");
    uploads = datasets.filter(({ dataset_id }) => dataset_id);
    draw();
  } catch (error) {
    if (error.code !== "connection_lost") showError(error);
  }
}

function showError({ message, hint }) {
  find("split-table-error").hidden = false;
  find("split-table-error").replaceChildren(element("strong", {}, message), " ", inPageWords(hint ?? ""));
}

/** Kinds that the table allows. A built-in table has no second one. */
function listKinds(chosen) {
  const isPossible = { random: () => true, table: () => !getSetup().default };
  return Object.keys(KINDS).filter((each) => each === chosen || (isPossible[each] ?? (() => columnsFor(each).length > 0))());
}

/** Which value marks test rows, the server finds where it is one of the usual ones; it says so, or asks. */
function chooseColumn(column, kind = getSetup().split.kind) {
  change("data", { split: { kind, column } });
}

function draw() {
  if (!getTable()) return;
  const { split, weight, class_weight: classWeight, kind: model, threshold } = getSetup();
  if (getSetup().default || split) isChoosing = false;
  const kind = split?.dataset_id || isChoosing ? "table" : (split?.kind ?? "random");
  const possible = listKinds(kind);
  offer(find("split"), possible.map((each) => [each, KINDS[each].name]), kind);
  find("split-field").hidden = possible.length < 2;
  find("split-about").textContent = isChoosing ? `${KINDS.table.about} Until you choose one, test rows are drawn at random.` : KINDS[kind].about;
  find("split-about").hidden = possible.length < 2;
  find("split-column-field").hidden = kind === "random" || !split?.column;
  find("split-value-field").hidden = kind !== "given" || !split?.column;
  if (split?.column) drawColumn(kind, split);
  drawTables(kind === "table", split?.dataset_id ?? "");
  const numbers = getTable().columns.filter(({ name, type, minimum }) => (type === "number" && name !== getTarget() && minimum >= 0) || name === weight);
  offer(find("weight"), [["", "none"], ...numbers.map(({ name }) => [name, name])], weight ?? "");
  find("weight-field").hidden = numbers.length === 0;
  drawClassWeight(classWeight, model);
  if (split || weight || classWeight || threshold) find("split-field").closest("details").open = true; // what is chosen is to be seen
}

function drawTables(isShown, chosen) {
  find("split-table-field").hidden = find("split-file-field").hidden = !isShown;
  find("split-table-error").hidden ||= !isShown;
  if (!isShown) return;
  if (uploads === null) {
    uploads = [];
    listUploads();
  }
  const others = uploads.filter(({ dataset_id }) => dataset_id !== getSetup().dataset_id || dataset_id === chosen);
  const known = others.map(({ dataset_id, name, rows }) => [dataset_id, `${name}, ${rows.toLocaleString()} rows`]);
  const all = !chosen || known.some(([id]) => id === chosen) ? known : [[chosen, "another table"], ...known];
  offer(find("split-table"), [["", all.length ? "choose a table" : "no other table yet"], ...all], chosen);
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
