/* The import panel: the first lines of the file, and the options by which it is read. Each is detected until it is
   chosen here; a choice is sent at once, and what was read before stays in sight until the answer is there. Loaded by
   data.js with the first table that comes from a file. */

import { announce, element, find } from "../ui/dom.js";
import { NO_TARGET } from "./setup.js";
import { change, getSetup, onChange } from "./state.js";
import { getTable, onReadingError } from "./table.js";
import { explain } from "../ui/tips.js";
import { inPageWords, nameMark, READING_NAMES, writeLines, writeOption } from "../ui/wording.js";

const TYPING_MS = 500; // after the last key
const ENCODINGS = ["utf-8", "utf-16", "cp1252", "cp1250", "cp1251", "iso8859-15", "shift_jis", "gb18030", "big5", "euc-kr", "mac-roman", "cp437"];

const isLine = (number) => Number.isInteger(number) && number >= 1;

/** "1, 3-5" are the lines 1, 3, 4 and 5. Raises RangeError. */
function readLines(text) {
  return text.split(/[\s,;]+/).filter(Boolean).flatMap((part) => {
    const [from, to = from] = part.split(/[-–]/).map(Number);
    if (!isLine(from) || !isLine(to) || to < from || to - from > 10_000) throw new RangeError("Write line numbers such as 1, 3-5.");
    return Array.from({ length: to - from + 1 }, (_, position) => from + position);
  });
}

/** Raises RangeError. */
function readHeader(text) {
  const line = Number(text);
  if (text === "" || !Number.isInteger(line) || line < 0) throw new RangeError("Write the number of a line, or 0 where there are no names.");
  return line;
}

/** Raises RangeError. */
function readEncoding(text) {
  if (!/^[\w.-]{2,40}$/.test(text)) throw new RangeError("Write the name of an encoding, such as utf-8 or cp1252.");
  return text;
}

const asIs = (text) => text;

const readWords = (text) => [...new Set(text.split("\n").map((word) => word.trim()).filter(Boolean))];

const MISSING = { detected: "by column", none: "empty cells only", own: "these texts" };

/** `control` are attributes of the field, `read` says what is in it and `write` what is to be in it. Of a select, `choices`
    are the values, and `act` hears of a choice where it is not just to be sent. */
const OPTIONS = {
  sheet: { about: "Which sheet of the workbook, or which file of the archive, is the table.", choices: [] },
  encoding: { about: "How bytes stand for characters. With a wrong one, é may look like Ã©.", control: { list: "reading-encodings", size: 12 }, read: readEncoding },
  delimiter: { about: "The character between two cells of a line.", choices: [",", ";", "\t", " ", "|", ":", "~"] },
  decimal: { about: "The mark before the fraction of a number: 2.5 or 2,5.", choices: [".", ","] },
  thousands: { about: "The mark that groups the digits of large numbers: 1,234 or 1 234.", choices: ["", ",", ".", " ", "'"] },
  header_row: { about: "The line with the names of the columns. 0 where there is none: then columns are numbered.", control: { type: "number", min: 0, step: 1 }, read: readHeader },
  skip_rows: { about: "Lines that are no rows of the table: titles, units, repeated headers, totals. Empty: every line is read.", control: { placeholder: "none", size: 12 }, read: readLines, write: writeLines },
  comment: { about: "Lines that begin with it are left out. Empty: there are no comments.", control: { placeholder: "none", maxLength: 3, size: 4 } },
  missing: { about: "Texts such as NA or None that mean that there is no value. Empty cells always do. Detected: by what else is in each column.", choices: Object.keys(MISSING), act: chooseMissing },
};

const fields = {}; // name -> { row, control, state, reset, problem, timer }
const words = element("textarea", { id: "reading-words", "aria-label": "Texts that mean that there is no value, one a line", rows: 3, hidden: true, placeholder: "one a line", oninput: typeWords, onchange: commitWords });

/** What somebody wrote for an option, as the spec takes it. Raises RangeError. */
export const readOption = (name, text) => (name === "missing" ? readWords : (OPTIONS[name].read ?? asIs))(text);

export function startReading() {
  find("reading-encodings").replaceChildren(...ENCODINGS.map((value) => element("option", { value })));
  for (const name of Object.keys(READING_NAMES)) fields[name] = buildField(name, OPTIONS[name]);
  fields.missing.control.after(words);
  find("reading-options").replaceChildren(...Object.values(fields).map(({ row }) => row));
  find("reading-reset").addEventListener("click", () => {
    change("data", { reading: {} });
    announce("All options are detected again.");
  });
  onChange((what) => ["data", "preset", "restored"].includes(what) && drawStates());
  onReadingError(showError);
}

/** `previous` is the same table as it was read before, or null. */
export function showReading(table, previous) {
  if (!previous) find("reading").open = table.problems.length > 0 || !find("setup").matches(".beginner");
  draw(table);
  find("reading-lost").hidden = true;
  if (previous) forgetLost(table, previous);
}

function chooseMissing() {
  const wanted = fields.missing.control.value;
  words.hidden = wanted !== "own";
  if (wanted === "own") words.focus(); // nothing is chosen before there is a text
  else choose("missing", wanted === "none" ? [] : undefined);
}

function typeWords() {
  clearTimeout(fields.missing.timer);
  fields.missing.timer = setTimeout(commitWords, TYPING_MS);
}

function commitWords() {
  clearTimeout(fields.missing.timer);
  const texts = readWords(words.value);
  if (texts.length) choose("missing", texts);
}

/** Without a value, what is missing is found out for each column. */
function drawMissing(value) {
  const kind = value === null ? "detected" : value.length ? "own" : "none";
  const { control } = fields.missing;
  const isTyping = document.activeElement === words;
  if (!control.childElementCount) control.replaceChildren(...Object.entries(MISSING).map(([value, label]) => element("option", { value }, label)));
  if (isTyping) return;
  control.value = kind;
  words.hidden = kind !== "own";
  words.value = (value ?? []).join("\n");
}

function buildField(name, { about, choices, control: attributes = {}, read = asIs, act }) {
  const id = `reading-${name}`;
  const problem = element("p", { id: `${id}-problem`, className: "problem error", "aria-live": "polite", hidden: true });
  const state = element("span", { id: `${id}-state`, className: "quiet" });
  const reset = element("button", { type: "button", className: "fix", hidden: true, "aria-label": `Detect again: ${READING_NAMES[name]}`, onclick: () => choose(name) }, "Detect");
  const commit = () => {
    clearTimeout(field.timer);
    try {
      choose(name, read(control.value));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      complain(name, error.message);
    }
  };
  const typed = () => {
    clearTimeout(field.timer);
    field.timer = setTimeout(commit, TYPING_MS);
  };
  const control = choices
    ? element("select", { id, onchange: act ?? commit })
    : element("input", { id, type: "text", autocomplete: "off", spellcheck: false, ...attributes, onchange: commit, oninput: typed });
  const tip = explain(control, about, `${id}-tip`);
  control.setAttribute("aria-describedby", `${id}-tip ${id}-state`);
  const label = element("label", { className: "word", htmlFor: id }, READING_NAMES[name]);
  const row = element("div", { className: "option", "data-tip": about }, label, element("span", { className: "of-option" }, control, state, reset), tip, problem);
  const field = { row, control, state, reset, problem, timer: null };
  return field;
}

/** Without a value it is detected again. */
function choose(name, value) {
  const { [name]: before, ...rest } = getSetup().reading;
  complain(name, "");
  if (value === undefined) fields[name].control.focus(); // its button goes away
  else if (JSON.stringify(before ?? getTable()?.reading?.[name]) === JSON.stringify(value)) return; // it is read like that already
  change("data", { reading: value === undefined ? rest : { ...rest, [name]: value } });
  announce(value === undefined ? `${READING_NAMES[name]} is detected.` : `${READING_NAMES[name]}: ${writeOption(name, value)}.`);
}

function draw({ reading, lines, sheets }) {
  for (const [name, { row, control, timer }] of Object.entries(fields)) {
    const value = name === "sheet" ? (reading.sheet ?? sheets[0] ?? null) : reading[name];
    const isStated = name === "missing" ? reading.header_row !== null : value !== null; // a file with types of its own has none
    row.hidden = !isStated || (name === "sheet" && sheets.length < 2);
    clearTimeout(timer);
    if (row.hidden) continue;
    if (name === "missing") drawMissing(value);
    else if (control.matches("select")) offer(name, control, value, name === "sheet" ? sheets : OPTIONS[name].choices);
    else if (document.activeElement !== control || !getSetup().reading[name]) control.value = (OPTIONS[name].write ?? String)(value);
    complain(name, "");
  }
  find("reading-error").hidden = true;
  find("reading-summary").textContent = summarize(reading);
  drawLines(lines, reading);
  drawStates();
}

function offer(name, control, value, choices) {
  const label = (choice) => (name === "sheet" ? choice : `${nameMark(choice)}${choice.trim() ? ` ${choice}` : ""}`);
  const all = choices.includes(value) ? choices : [value, ...choices];
  control.replaceChildren(...all.map((choice) => element("option", { value: choice, selected: choice === value }, label(choice))));
}

/** Which options are detected, and which are chosen. */
function drawStates() {
  const { reading } = getSetup();
  for (const [name, { state, reset, row }] of Object.entries(fields)) {
    const isChosen = Object.hasOwn(reading, name);
    state.textContent = isChosen ? "chosen by you" : "detected";
    row.classList.toggle("chosen", isChosen);
    reset.hidden = !isChosen;
  }
  find("reading-reset").hidden = Object.keys(reading).length === 0;
}

/** "utf-8, delimiter semicolon, decimal mark comma" */
function summarize(reading) {
  const named = ["sheet", "encoding", "delimiter", "decimal", "header_row"].filter((name) => (reading[name] ?? null) !== null);
  const words = named.map((name) => (["sheet", "encoding"].includes(name) ? "" : `${READING_NAMES[name].toLowerCase()} `) + writeOption(name, reading[name]));
  const left = reading.skip_rows?.length ? [`${reading.skip_rows.length.toLocaleString()} lines skipped`] : [];
  return [...words, ...left].join(", ");
}

function drawLines(lines, { header_row: header, skip_rows: skipped, comment }) {
  const left = new Set(skipped ?? []);
  const rows = lines.map((line, position) => {
    const number = position + 1;
    const kind = number === header ? "header" : left.has(number) || (comment && line.startsWith(comment)) ? "left-out" : "";
    const note = { header: "header", "left-out": "skipped" }[kind];
    const cells = [element("th", { scope: "row" }, String(number)), element("td", { className: "line" }, line), element("td", { className: "line-note" }, note ?? "")];
    return element("tr", { className: kind }, ...cells);
  });
  find("reading-lines").replaceChildren(...rows);
  find("reading-lines").closest(".scroll").hidden = lines.length === 0;
}

/** What was chosen for columns that are gone would only be in the way. It joins the change that they went with. */
function forgetLost(table, previous) {
  const names = new Set(table.columns.map(({ name }) => name));
  const lost = new Set(previous.columns.map(({ name }) => name).filter((name) => !names.has(name)));
  const { target, features, column_types: types, split, weight, boundary } = getSetup();
  const mentioned = [target, ...features, ...Object.keys(types), split?.column, weight, ...(boundary ?? [])].filter((name) => lost.has(name));
  if (!mentioned.length) return;
  const fields = {
    ...(lost.has(target) ? NO_TARGET : {}),
    features: features.filter((name) => !lost.has(name)),
    column_types: Object.fromEntries(Object.entries(types).filter(([name]) => !lost.has(name))),
    split: lost.has(split?.column) ? null : split,
    weight: lost.has(weight) ? null : weight,
    boundary: boundary?.some((name) => lost.has(name)) ? null : boundary,
  };
  find("reading-lost").hidden = false;
  find("reading-lost").textContent = `Read like this, there is no column ${[...new Set(mentioned)].slice(0, 5).join(", ")} any more. What you chose for it is forgotten; Undo brings it back.`;
  change("data", fields, { joins: true });
}

/** At the option that it names, or above all. */
function showError({ message, hint, where }) {
  if (where?.startsWith("column_types")) return; // the check says it among the problems of the data
  const name = where?.match(/^reading\.(\w+)/)?.[1];
  const text = inPageWords([message, hint].filter(Boolean).join(" "));
  if (Object.hasOwn(fields, name ?? "") && !fields[name].row.hidden) complain(name, text);
  else {
    find("reading-error").hidden = false;
    find("reading-error").textContent = text;
  }
  find("reading").open = true;
  announce(text);
}

function complain(name, text) {
  const { control, problem } = fields[name];
  problem.hidden = !text;
  problem.textContent = text;
  control.setAttribute("aria-invalid", String(Boolean(text)));
  if (text) control.setAttribute("aria-errormessage", problem.id);
  else control.removeAttribute("aria-errormessage");
}
