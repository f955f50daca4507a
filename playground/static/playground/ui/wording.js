/* What a spec says of its table, its split and its weights, in words. Called by the import panel, runs and comparisons. */

/** @type {Record<string, string>} */
export const READING_NAMES = {
  sheet: "Sheet",
  encoding: "Encoding",
  delimiter: "Delimiter",
  decimal: "Decimal mark",
  thousands: "Thousands mark",
  header_row: "Header row",
  skip_rows: "Skipped lines",
  comment: "Comment mark",
  missing: "Missing values",
};

/**
 * What the server says, with the names of the page's fields instead of the spec's.
 *
 * @param {string} text
 */
export const inPageWords = (text) =>
  text.replaceAll(/`reading[.](\w+)`/g, (field, name) =>
    Object.hasOwn(READING_NAMES, name) ? `“${READING_NAMES[name]}”` : field,
  );

/** @type {Record<string, string>} */
export const SPLIT_NAMES = { random: "at random", time: "by time", group: "by group", given: "given" };

/** @type {Record<string, string>} */
const MARKS = {
  ",": "comma",
  ";": "semicolon",
  "\t": "tab",
  " ": "blank",
  "|": "vertical bar",
  ":": "colon",
  "~": "tilde",
  ".": "point",
  "'": "apostrophe",
  "": "none",
};

/**
 * "," is "comma": alone between other words nobody would see it.
 *
 * @param {string} mark
 */
export const nameMark = (mark) => (Object.hasOwn(MARKS, mark) ? MARKS[mark] : mark);

/**
 * A text as it stands in a cell; in quotes where blanks or nothing could not be seen.
 *
 * @param {string} text
 */
export const quote = (text) => (text === "" || text.trim() !== text ? JSON.stringify(text) : text);

/** @param {string[]} words */
const listWords = (words) => (words.length ? words.map(quote).join(", ") : "none");

/**
 * Lines 3, 4, 5 and 9 are "3-5, 9".
 *
 * @param {number[]} lines
 */
export function writeLines(lines) {
  const sorted = [...new Set(lines)].sort((a, b) => a - b);
  const starts = sorted.filter((line) => !sorted.includes(line - 1));
  const ends = sorted.filter((line) => !sorted.includes(line + 1));
  return starts
    .map((start, position) => (start === ends[position] ? String(start) : `${start}-${ends[position]}`))
    .join(", ");
}

/**
 * @param {string} name of an option of the reader
 * @param {any} value
 * @returns {string}
 */
export function writeOption(name, value) {
  if (name === "missing") return value.length ? listWords(value) : "empty cells only";
  if (name === "skip_rows") return value.length ? writeLines(value) : "none";
  if (name === "header_row") return value === 0 ? "none" : `line ${value}`;
  return name === "encoding" || name === "sheet" ? value : nameMark(value);
}

/** @param {Record<string, any>} reading */
const writeReading = (reading) =>
  Object.entries(READING_NAMES)
    .filter(([name]) => (reading[name] ?? null) !== null)
    .map(([name, label]) => `${label}: ${writeOption(name, reading[name])}`);

/** @param {import("../wire/types.d.ts").Split} split */
function writeSplit({ kind = "random", column = null, value = null, dataset_id = null }) {
  const marked = (value ?? null) === null ? "" : ` = ${quote(String(value))}`;
  const place = column === null ? (dataset_id === null ? "" : ": a second table") : `: ${column}${marked}`;
  return [`${SPLIT_NAMES[kind] ?? kind}${place}`];
}

/**
 * What was chosen for one column: a type, or an object with more. Without its name where that is empty.
 *
 * @param {string} name
 * @param {any} choice
 */
export function writeColumn(name, choice) {
  const head = name ? `${name}: ` : "";
  if (typeof choice === "string") return head + choice;
  const { type, order, merge, missing, day_first } = choice;
  const parts = [
    type,
    order && `order ${order.map(quote).join(" < ")}`,
    merge &&
      `merged ${Object.entries(merge)
        .map(([from, to]) => `${quote(from)} into ${quote(to)}`)
        .join(", ")}`,
    missing && `missing values ${listWords(missing)}`,
    typeof day_first === "boolean" && (day_first ? "day before month" : "month before day"),
  ];
  return head + parts.filter(Boolean).join("; ");
}

/** @type {Record<string, (value: any) => string[]>} */
const WRITERS = {
  reading: writeReading,
  split: writeSplit,
  column_types: (types) => Object.entries(types).map(([name, choice]) => writeColumn(name, choice)),
  class_weight: (weights) =>
    typeof weights === "string"
      ? [weights]
      : Object.entries(weights).map(([name, weight]) => `${quote(name)}: ${weight}`),
};

/**
 * A field of a spec as a list of texts, or null where this module knows nothing of it.
 *
 * @param {string} name
 * @param {any} value
 */
export const writeField = (name, value) =>
  Object.hasOwn(WRITERS, name) && value !== null && value !== undefined ? WRITERS[name](value) : null;
