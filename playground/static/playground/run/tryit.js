/* <row-form>: a form with the columns that a model learned from, answered live by the stored model. */

import { Component } from "../ui/component.js";
import { element, formatNumber, formatShare } from "../ui/dom.js";
import { askModel } from "../wire/asking.js";
import { drawExplanation } from "./explanation.js";

/**
 * @typedef {import("../wire/types.d.ts").Column} Described a column of the table
 * @typedef {import("../wire/types.d.ts").TestRow} TestRow
 * @typedef {import("../wire/types.d.ts").Prediction} Prediction
 * @typedef {{ name: string, type: string }} Feature
 * @typedef {{ id: string, spec: Record<string, any> | null, auxiliary: Record<string, any> }} Finished a run
 */

const WAIT_MS = 250; // after the last key, before the model is asked
const MAX_FIELDS = 40; // columns beyond stay empty: the model takes their usual values
const MAX_CLASSES = 6; // of the answer, the likeliest
const DIGITS = 5; // of a number in a field: enough for the model, and few enough to read
const PAGE = 50; // test rows to choose from

class RowForm extends Component {
  /** @type {Finished | null} */
  #run = null;
  /** @type {Feature[]} */
  #columns = [];
  /** @type {TestRow[]} */
  #rows = [];
  #position = 0; // of the test row that fills the form
  #asked = 0; // counts questions: a late answer to an old one is dropped
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {import("../wire/socket.js").Socket | null} */
  #socket = null;

  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, socket }) {
    this.#socket = socket;
    this.#box.addEventListener("toggle", () => this.#box.open && this.#fill());
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    this.one("#tryit-explain").addEventListener("change", () => this.#ask());
    this.one("#tryit-another").addEventListener("click", () => {
      this.#position = (this.#position + 1) % this.#rows.length;
      this.#takeRow();
    });
    store.watch(
      ({ result }) => result,
      (result) => {
        const { run } = store.state;
        this.#offer(result && { id: result.run_id, spec: run?.spec ?? null, auxiliary: result.auxiliary_outputs });
      },
    );
  }

  get #box() {
    return this.one("#tryit-box", HTMLDetailsElement);
  }

  get #form() {
    return this.one("#tryit-form", HTMLFormElement);
  }

  /** @param {Finished | null} run */
  #offer(run) {
    this.#run = run;
    this.#columns = run ? listColumns(run.auxiliary).slice(0, MAX_FIELDS) : [];
    this.#rows = [];
    this.#position = 0;
    for (const id of ["fields", "answer", "why"]) this.one(`#tryit-${id}`).replaceChildren();
    this.#box.open = false;
    this.#box.hidden = this.#columns.length === 0;
  }

  async #fill() {
    const run = this.#run;
    const socket = this.#socket;
    if (!run || !socket || this.one("#tryit-fields").childElementCount) return;
    const [described, page] = await Promise.all([
      describe(socket, run.spec),
      askModel(socket, "listTestRows", { run_id: run.id, limit: PAGE }).catch(() => ({ rows: [] })),
    ]);
    if (run !== this.#run) return;
    this.#rows = page.rows.filter(({ values }) => Object.keys(values).length);
    const known = new Map(described.map((column) => [column.name, column]));
    const askSoon = () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#ask(), WAIT_MS);
    };
    const fields = this.#columns.map((column, index) => fieldOf(column, known.get(column.name), index, askSoon));
    this.one("#tryit-fields").replaceChildren(...fields);
    this.one("#tryit-another").hidden = this.#rows.length < 2;
    this.#takeRow();
  }

  #takeRow() {
    const row = this.#rows[this.#position];
    const { auxiliary } = /** @type {Finished} */ (this.#run);
    const note = row
      ? `Row ${row.row} of the table, where ${auxiliary.target} is ${write(row.actual)}. Change what you like.`
      : "Fill in what you know; what is left empty counts as unknown.";
    const left = listColumns(auxiliary).length - this.#columns.length;
    this.one("#tryit-note").textContent = left > 0 ? `${note} ${left} more columns stay unknown.` : note;
    for (const { name, type } of this.#columns) {
      this.#inputOf(name).value = writeField(row?.values[name] ?? "", type);
    }
    this.#ask();
  }

  /** @param {string} name */
  #inputOf(name) {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem(name));
  }

  async #ask() {
    const number = ++this.#asked;
    const run = this.#run;
    if (!run || !this.#socket) return;
    const values = Object.fromEntries(
      this.#columns.map(({ name, type }) => [name, read(this.#inputOf(name).value, type)]),
    );
    try {
      const explain = this.one("#tryit-explain", HTMLInputElement).checked;
      const asked = { run_id: run.id, rows: [values], ...(explain && { explain }) };
      const { target, predictions, units, exact } = await askModel(this.#socket, "predict", asked);
      if (number !== this.#asked) return;
      this.one("#tryit-answer").replaceChildren(...describeAnswer(target, predictions[0]));
      const place = this.one("#tryit-why");
      place.replaceChildren();
      if (predictions[0].contributions) drawExplanation(place, target, predictions[0], units ?? "", Boolean(exact));
    } catch (/** @type {any} */ error) {
      if (number !== this.#asked) return;
      this.one("#tryit-answer").replaceChildren(
        element("p", { className: "problem error" }, element("strong", {}, error.message), ` ${error.hint ?? ""}`),
      );
    }
  }
}

/**
 * The columns that a model learned from, with the types that it took them for.
 *
 * @param {Record<string, any>} auxiliary
 * @returns {Feature[]}
 */
function listColumns({ columns: byType }) {
  return Object.entries(byType ?? {}).flatMap(([type, names]) =>
    names.map((/** @type {string} */ name) => ({ name, type })),
  );
}

/**
 * What is in the table's columns; nothing where it is gone.
 *
 * @param {import("../wire/socket.js").Socket} socket
 * @param {Record<string, any> | null} spec
 * @returns {Promise<Described[]>}
 */
async function describe(socket, spec) {
  const source = ["default", "dataset_id", "fileURL"].find((name) => spec?.[name]);
  if (!source || !spec) return [];
  try {
    return (
      await socket.request("describeDataset", {
        [source]: spec[source],
        ...(spec.reading && { reading: spec.reading }),
      })
    ).columns;
  } catch {
    return [];
  }
}

/**
 * @param {Feature} feature
 * @param {Described | undefined} described
 * @param {number} index
 * @param {() => void} oninput
 */
function fieldOf({ name, type }, described, index, oninput) {
  const id = `tryit-${index}`;
  const common = { id, name, oninput };
  const choices = (described?.top ?? []).map(({ value }) => value);
  const isWhole = type === "category" && choices.length > 0 && choices.length >= (described?.unique ?? Infinity);
  /** @type {HTMLElement} */
  let input;
  if (isWhole)
    input = element(
      "select",
      common,
      element("option", { value: "" }, "unknown"),
      ...choices.map((choice) => element("option", { value: choice }, choice)),
    );
  else if (type === "category")
    input = element("input", { ...common, type: "text", list: `${id}-list`, placeholder: "unknown" });
  else if (type === "text") input = element("textarea", { ...common, rows: 3, placeholder: "unknown" });
  else if (type === "date") input = element("input", { ...common, type: "date" });
  else input = element("input", { ...common, type: "number", step: "any", placeholder: "unknown" });
  const list =
    type === "category" && !isWhole
      ? element("datalist", { id: `${id}-list` }, ...choices.map((choice) => element("option", { value: choice })))
      : null;
  const range =
    described?.minimum != null ? `From ${write(described.minimum)} to ${write(described.maximum)} in the table.` : "";
  return element("label", { className: "field", title: range }, element("span", {}, name), input, list);
}

/** @param {string | number | null} value */
const write = (value) => (typeof value === "number" ? formatNumber(value) : String(value).slice(0, 10));

/**
 * @param {string | number | boolean} value
 * @param {string} type
 */
function writeField(value, type) {
  if (type === "date") return String(value).slice(0, 10);
  return typeof value === "number" ? String(Number(value.toPrecision(DIGITS))) : String(value);
}

/**
 * @param {string} text
 * @param {string} type
 */
function read(text, type) {
  if (text === "") return null;
  return type === "number" ? Number(text) : text;
}

/**
 * @param {string} target
 * @param {Prediction} prediction
 */
function describeAnswer(target, { prediction, probabilities }) {
  const likely = Object.entries(probabilities ?? {})
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_CLASSES);
  const bars = likely.map(([name, share]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", title: name }, name),
      element("td", {}, formatShare(share)),
      element("td", { className: "bar" }, element("meter", { min: 0, max: 1, value: share, "aria-hidden": "true" })),
    ),
  );
  return [
    element(
      "p",
      {},
      `Predicted ${target}: `,
      element("strong", {}, typeof prediction === "number" ? formatNumber(prediction) : prediction),
    ),
    ...(bars.length ? [element("table", { className: "numbers" }, element("tbody", {}, ...bars))] : []),
  ];
}

customElements.define("row-form", RowForm);
