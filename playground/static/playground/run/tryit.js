/* Try it: a form with the columns that a model learned from, answered live by the stored model. */

import { askModel } from "../wire/asking.js";
import { element, find, formatNumber, formatShare } from "../ui/dom.js";
import { drawExplanation } from "./explanation.js";

const WAIT_MS = 250; // after the last key, before the model is asked
const MAX_FIELDS = 40; // columns beyond stay empty: the model takes their usual values
const MAX_CLASSES = 6; // of the answer, the likeliest
const DIGITS = 5; // of a number in a field: enough for the model, and few enough to read
const PAGE = 50; // test rows to choose from

let socket = null;
let run = null; // { id, spec, auxiliary }
let columns = []; // [{ name, type }]
let rows = []; // test rows of the run
let position = 0;
let timer = null;
let asked = 0; // counts questions: a late answer to an old one is dropped

export function startTryIt(trainingSocket) {
  socket = trainingSocket;
  find("tryit-box").addEventListener("toggle", () => find("tryit-box").open && fill());
  find("tryit-form").addEventListener("submit", (event) => event.preventDefault());
  find("tryit-explain").addEventListener("change", ask);
  find("tryit-another").addEventListener("click", () => {
    position = (position + 1) % rows.length;
    takeRow();
  });
}

export function offerTryIt(id, spec, auxiliary) {
  run = { id, spec, auxiliary };
  columns = listColumns(auxiliary).slice(0, MAX_FIELDS);
  rows = [];
  position = 0;
  find("tryit-fields").replaceChildren();
  find("tryit-answer").replaceChildren();
  find("tryit-why").replaceChildren();
  find("tryit-box").open = false;
  find("tryit-box").hidden = columns.length === 0;
}

/** The columns that a model learned from, with the types that it took them for. */
export function listColumns({ columns: byType }) {
  return Object.entries(byType ?? {}).flatMap(([type, names]) => names.map((name) => ({ name, type })));
}

async function fill() {
  if (find("tryit-fields").childElementCount) return;
  const current = run;
  const [described, page] = await Promise.all([
    describe(run.spec),
    askModel(socket, "listTestRows", { run_id: run.id, limit: PAGE }).catch(() => ({ rows: [] })),
  ]);
  if (current !== run) return;
  rows = page.rows.filter(({ values }) => Object.keys(values).length);
  const known = new Map(described.map((column) => [column.name, column]));
  find("tryit-fields").replaceChildren(...columns.map((column, index) => field(column, known.get(column.name), index)));
  find("tryit-another").hidden = rows.length < 2;
  takeRow();
}

/** What is in the table's columns; nothing where it is gone. */
async function describe(spec) {
  const source = ["default", "dataset_id", "fileURL"].find((name) => spec?.[name]);
  if (!source) return [];
  try {
    return (await socket.request("describeDataset", { [source]: spec[source], ...(spec.reading && { reading: spec.reading }) })).columns;
  } catch {
    return [];
  }
}

function field({ name, type }, described, index) {
  const id = `tryit-${index}`;
  const common = { id, name, oninput: askSoon };
  const choices = (described?.top ?? []).map(({ value }) => value);
  const isWhole = type === "category" && choices.length > 0 && choices.length >= described.unique;
  let input;
  if (isWhole) input = element("select", common, element("option", { value: "" }, "unknown"), ...choices.map((choice) => element("option", { value: choice }, choice)));
  else if (type === "category") input = element("input", { ...common, type: "text", list: `${id}-list`, placeholder: "unknown" });
  else if (type === "text") input = element("textarea", { ...common, rows: 3, placeholder: "unknown" });
  else if (type === "date") input = element("input", { ...common, type: "date" });
  else input = element("input", { ...common, type: "number", step: "any", placeholder: "unknown" });
  const list = type === "category" && !isWhole ? element("datalist", { id: `${id}-list` }, ...choices.map((choice) => element("option", { value: choice }))) : null;
  const range = described?.minimum != null ? `From ${write(described.minimum)} to ${write(described.maximum)} in the table.` : "";
  return element("label", { className: "field", title: range }, element("span", {}, name), input, list);
}

const write = (value) => (typeof value === "number" ? formatNumber(value) : String(value).slice(0, 10));

function takeRow() {
  const row = rows[position];
  const note = row ? `Row ${row.row} of the table, where ${run.auxiliary.target} is ${write(row.actual)}. Change what you like.` : "Fill in what you know; what is left empty counts as unknown.";
  const left = listColumns(run.auxiliary).length - columns.length;
  find("tryit-note").textContent = left > 0 ? `${note} ${left} more columns stay unknown.` : note;
  for (const { name, type } of columns) {
    find("tryit-form").elements.namedItem(name).value = writeField(row?.values[name] ?? "", type);
  }
  ask();
}

function writeField(value, type) {
  if (type === "date") return String(value).slice(0, 10);
  return typeof value === "number" ? String(Number(value.toPrecision(DIGITS))) : String(value);
}

function askSoon() {
  clearTimeout(timer);
  timer = setTimeout(ask, WAIT_MS);
}

async function ask() {
  const number = ++asked;
  const values = Object.fromEntries(columns.map(({ name, type }) => [name, read(find("tryit-form").elements.namedItem(name).value, type)]));
  try {
    const explain = find("tryit-explain").checked;
    const { target, predictions, units, exact } = await askModel(socket, "predict", { run_id: run.id, rows: [values], ...(explain && { explain }) });
    if (number !== asked) return;
    answer(target, predictions[0]);
    find("tryit-why").replaceChildren();
    if (predictions[0].contributions) drawExplanation(find("tryit-why"), target, predictions[0], units, exact);
  } catch (error) {
    if (number === asked) find("tryit-answer").replaceChildren(element("p", { className: "problem error" }, element("strong", {}, error.message), ` ${error.hint ?? ""}`));
  }
}

function read(text, type) {
  if (text === "") return null;
  return type === "number" ? Number(text) : text;
}

function answer(target, { prediction, probabilities }) {
  const likely = Object.entries(probabilities ?? {}).sort(([, a], [, b]) => b - a).slice(0, MAX_CLASSES);
  const bars = likely.map(([name, share]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", title: name }, name),
      element("td", {}, formatShare(share)),
      element("td", { className: "bar" }, element("meter", { min: 0, max: 1, value: share, "aria-hidden": "true" })),
    ),
  );
  find("tryit-answer").replaceChildren(
    element("p", {}, `Predicted ${target}: `, element("strong", {}, typeof prediction === "number" ? formatNumber(prediction) : prediction)),
    ...(bars.length ? [element("table", { className: "numbers" }, element("tbody", {}, ...bars))] : []),
  );
}
