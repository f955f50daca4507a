/* Which runs are shown in which order. */

import { durationOf, isActive, titleOf } from "../ui/headline.js";

/** @typedef {{ key: string, descending: boolean }} Order */

const TEXTS = ["name", "data", "model", "status"];
/** @type {Record<string, (run: any) => any>} */
const VALUES = { name: titleOf, duration: durationOf };
const STARTS_DESCENDING = ["value", "created"];

/** The order by a column: the other way round where it is that already. @param {Order} order @param {string} key @returns {Order} */
export const orderBy = (order, key) => ({
  key,
  descending: order.key === key ? !order.descending : STARTS_DESCENDING.includes(key),
});

/** For `sort`. Runs without a value come last, and of equal ones the newest first. @param {Order} order */
export function compareBy({ key, descending }) {
  const read = VALUES[key] ?? ((/** @type {any} */ run) => run[key]);
  return (/** @type {any} */ a, /** @type {any} */ b) => {
    const [first, second] = [read(a), read(b)];
    if (first === null || second === null) return Number(first === null) - Number(second === null) || newestFirst(a, b);
    const difference = TEXTS.includes(key)
      ? first.localeCompare(second, undefined, { numeric: true, sensitivity: "base" })
      : compareValues(first, second);
    return (descending ? -difference : difference) || newestFirst(a, b);
  };
}

/** Every word has to be in the name, the table or the model. @param {any} run @param {string} words @param {string} status */
export function matches(run, words, status) {
  const text = `${titleOf(run)} ${run.data} ${run.model}`.toLocaleLowerCase();
  const wanted = words.toLocaleLowerCase().split(/\s+/);
  const hasWords = wanted.every((word) => text.includes(word));
  return hasWords && (!status || (status === "active" ? isActive(run) : run.status === status));
}

/** @param {any} a @param {any} b */
const compareValues = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

/** @param {any} a @param {any} b */
const newestFirst = (a, b) => compareValues(b.created, a.created);
