/* The kinds of split: how rows become training and test rows, and the column that each most likely goes by. */

const NAME_OF_GROUPS =
  /(^|[_\W])(id|key|group|patient|subject|person|user|customer|client|device|machine|site|session)s?($|[_\W])/i;
const FEW = 10; // values of a column that marks rows

/** `suits`: whether a kind can go by a column of a table with so many rows.
    @typedef {{ name: string, about: string, suits: (column: any, rows: number) => boolean }} SplitKind */

/** @type {Record<string, SplitKind>} */
export const KINDS = {
  random: {
    name: "random",
    about: "Test rows are drawn at random; each class keeps its share (stratified).",
    suits: () => false,
  },
  time: {
    name: "by time",
    about: "The latest rows are the test set: the model is tested on rows that come after its training rows.",
    suits: ({ type }) => type === "date" || type === "number",
  },
  group: {
    name: "by group",
    about:
      "Rows with the same value stay together, so that no patient, customer or machine is in both the training and the test set. The column is not a feature.",
    suits: ({ unique }, rows) => unique > 1 && unique < rows,
  },
  given: {
    name: "given by a column",
    about: "A column says which rows are the test set. It is not a feature.",
    suits: ({ unique, type }) => ["category", "boolean", "number"].includes(type) && unique > 1 && unique <= FEW,
  },
  table: {
    name: "second table",
    about:
      "The rows of a second table with the same columns are the test set. All rows of the first table are training rows.",
    suits: () => false,
  },
};

/** What the page shows as the kind of split: a second table is a kind of its own.
    @param {{ setup: import("./setup.js").Setup, wantsTable: boolean }} state @returns {string} */
export const shownKind = ({ setup: { split }, wantsTable }) =>
  split?.dataset_id || wantsTable ? "table" : (split?.kind ?? "random");

/** @param {any} table @param {string | null} target @param {string} kind @returns {any[]} */
export const listColumns = ({ columns, rows }, target, kind) =>
  columns.filter(
    (/** @type {any} */ column) => column.name !== target && column.unique > 0 && KINDS[kind].suits(column, rows),
  );

/** The column that a kind of split most likely goes by: it is shown beside it, to be changed.
    @param {string} kind @param {any[]} columns that suit it */
export function guessColumn(kind, columns) {
  if (kind === "time") return columns.find(({ type }) => type === "date") ?? columns[0];
  if (kind === "given")
    return (
      columns.find(
        ({ name, top }) =>
          /split|set|fold|test/i.test(name) || top.some((/** @type {any} */ { value }) => /test/i.test(value)),
      ) ?? columns[0]
    );
  const likely = columns
    .filter(({ type }) => type === "identifier" || type === "category")
    .toSorted((a, b) => b.unique - a.unique);
  return columns.find(({ name }) => NAME_OF_GROUPS.test(name)) ?? likely[0] ?? columns[0];
}
