/* The options by which a file is read: what each means, and how it is written in a field. */

import { writeLines } from "../ui/wording.js";

/** @param {any} number */
const isLine = (number) => Number.isInteger(number) && number >= 1;

/** "1, 3-5" are the lines 1, 3, 4 and 5. Raises RangeError. @param {string} text */
function readLines(text) {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  return parts.flatMap((part) => {
    const [from, to = from] = part.split(/[-–]/).map(Number);
    if (!isLine(from) || !isLine(to) || to < from || to - from > 10_000)
      throw new RangeError("Write line numbers such as 1, 3-5.");
    return Array.from({ length: to - from + 1 }, (_, position) => from + position);
  });
}

/** Raises RangeError. @param {string} text */
function readHeader(text) {
  const line = Number(text);
  if (text === "" || !Number.isInteger(line) || line < 0)
    throw new RangeError("Write the number of a line, or 0 where there are no names.");
  return line;
}

/** Raises RangeError. @param {string} text */
function readEncoding(text) {
  if (!/^[\w.-]{2,40}$/.test(text)) throw new RangeError("Write the name of an encoding, such as utf-8 or cp1252.");
  return text;
}

/** @param {string} text */
export const readWords = (text) => [
  ...new Set(
    text
      .split("\n")
      .map((word) => word.trim())
      .filter(Boolean),
  ),
];

/** @type {Record<string, string>} */
export const MISSING = { detected: "by column", none: "empty cells only", own: "these texts" };

/** `control` are attributes of the field, `read` says what is in it and `write` what is to be in it. Of a select, `choices`
    are the values.
    @typedef {{ about: string, choices?: string[], control?: Record<string, any>, read?: (text: string) => any,
      write?: (value: any) => string }} ReadingOption */

/** @type {Record<string, ReadingOption>} */
export const OPTIONS = {
  sheet: { about: "Which sheet of the workbook, or which file of the archive, is the table.", choices: [] },
  encoding: {
    about: "How bytes stand for characters. With a wrong one, é may look like Ã©.",
    control: { list: "reading-encodings", size: 12 },
    read: readEncoding,
  },
  delimiter: { about: "The character between two cells of a line.", choices: [",", ";", "\t", " ", "|", ":", "~"] },
  decimal: { about: "The mark before the fraction of a number: 2.5 or 2,5.", choices: [".", ","] },
  thousands: {
    about: "The mark that groups the digits of large numbers: 1,234 or 1 234.",
    choices: ["", ",", ".", " ", "'"],
  },
  header_row: {
    about: "The line with the names of the columns. 0 where there is none: then columns are numbered.",
    control: { type: "number", min: 0, step: 1 },
    read: readHeader,
  },
  skip_rows: {
    about: "Lines that are no rows of the table: titles, units, repeated headers, totals. Empty: every line is read.",
    control: { placeholder: "none", size: 12 },
    read: readLines,
    write: writeLines,
  },
  comment: {
    about: "Lines that begin with it are left out. Empty: there are no comments.",
    control: { placeholder: "none", maxLength: 3, size: 4 },
  },
  missing: {
    about:
      "Texts such as NA or None that mean that there is no value. Empty cells always do. Detected: by what else is in each column.",
    choices: Object.keys(MISSING),
    read: readWords,
  },
};

/** What somebody wrote for an option, as the spec takes it. Raises RangeError. @param {string} name @param {string} text */
export const readOption = (name, text) => (OPTIONS[name].read ?? String)(text);
