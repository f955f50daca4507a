/* Why a model says what it says of a row: a list of what each column adds. Called by the form to try a model. */

import { element, formatNumber } from "../ui/dom.js";

const SHOWN = 12; // columns, those that add most

/**
 * What the numbers are counted in, and how to read them.
 *
 * @type {Record<string, (said: string, target: string) => string>}
 */
const MEANINGS = {
  log_odds: (said) =>
    `Counted in log-odds of ${said}: 0.7 more makes it twice as likely against the other class, 0.7 less half as likely.`,
  score: (said) =>
    `Counted in the score of ${said}: the class with the largest score is said, and a larger lead makes it more certain.`,
  probability: (said) => `Counted in the probability of ${said}: 0.1 more is ten points of a hundred.`,
  target: (_, target) => `Counted in the units of ${target}.`,
};

/**
 * @param {Element} node
 * @param {string} target
 * @param {import("../wire/types.d.ts").Prediction} prediction an explained one
 * @param {string} units of the whole answer
 * @param {boolean} exact
 */
export function drawExplanation(node, target, prediction, units, exact) {
  const { other_contributions: others, base_value: base, output } = prediction;
  const contributions = prediction.contributions ?? [];
  const said = typeof prediction.prediction === "number" ? formatNumber(prediction.prediction) : prediction.prediction;
  const listed = contributions.slice(0, SHOWN);
  const rest = contributions.slice(SHOWN).reduce((total, { contribution }) => total + contribution, others ?? 0);
  const most = Math.max(...listed.map(({ contribution }) => Math.abs(contribution)), Number.MIN_VALUE);
  const rows = listed.map(({ column, value, contribution }) =>
    line(column, value === null ? "unknown" : write(value), contribution, most),
  );
  if (contributions.length > SHOWN) rows.push(line("all other features", "", rest, most));
  node.replaceChildren(
    element("h4", {}, "Feature contributions"),
    element(
      "table",
      { className: "numbers explanation" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, "feature"),
          element("th", { scope: "col" }, "value"),
          element("th", { scope: "col" }, "contribution"),
          element("td", {}),
        ),
      ),
      element("tbody", {}, sum("base value", base), ...rows, sum("sum", output)),
    ),
    element(
      "p",
      { className: "quiet" },
      `${MEANINGS[units](said, target)} ${exact ? "The numbers are exact." : "The numbers are estimated, by trying the columns in many orders."} They say what moved this model, not what causes ${target}.`,
    ),
  );
}

/** @param {string | number} value */
const write = (value) => (typeof value === "number" ? formatNumber(value) : value);

/**
 * With a sign, whichever it is: a column without any effect adds +0.
 *
 * @param {number} value
 */
const signed = (value) => `${value < 0 ? "−" : "+"}${formatNumber(Math.abs(value), 3)}`;

/**
 * @param {string} column
 * @param {string} value
 * @param {number} contribution
 * @param {number} most
 */
function line(column, value, contribution, most) {
  const width = `width: ${Math.round((100 * Math.abs(contribution)) / most)}%`;
  return element(
    "tr",
    {},
    element("th", { scope: "row", title: column }, column),
    element("td", { title: value }, value),
    element("td", {}, signed(contribution)),
    element(
      "td",
      { className: "push", "aria-hidden": "true" },
      element("span", { className: contribution < 0 ? "against" : "for", style: width }),
    ),
  );
}

/**
 * @param {string} words
 * @param {number | null} value
 */
const sum = (words, value) =>
  element(
    "tr",
    { className: "sum" },
    element("th", { scope: "row", colSpan: 2 }, words),
    element("td", {}, formatNumber(value, 3)),
    element("td", {}),
  );
