/* The most important words of text columns, beside the importance of columns. Called by insights.js. */

import { element, formatNumber } from "../ui/dom.js";

/**
 * @param {Element} place
 * @param {import("../wire/types.d.ts").TermWeight[]} terms of trainingInsights, the weightiest of each column first
 */
export function drawTerms(place, terms) {
  const columns = [...new Set(terms.map(({ column }) => column))];
  place.replaceChildren(
    ...columns.flatMap((name) =>
      tabulate(
        name,
        terms.filter(({ column }) => column === name),
      ),
    ),
  );
}

/**
 * @param {string} name
 * @param {import("../wire/types.d.ts").TermWeight[]} terms
 */
function tabulate(name, terms) {
  const title = `Most important words in ${name}`;
  const most = Math.max(...terms.map(({ weight }) => Math.abs(weight)), 1e-9);
  const rows = terms.map(({ term, weight, rows: count, label }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row", title: `in ${count} training rows` }, term),
      element("td", {}, label ?? (weight < 0 ? "lower" : "higher")),
      element("td", {}, `${weight < 0 ? "−" : "+"}${formatNumber(Math.abs(weight), 2)}`),
      element(
        "td",
        { className: "bar" },
        element("meter", { min: 0, max: most, value: Math.abs(weight), "aria-hidden": "true" }),
      ),
    ),
  );
  const about = terms[0].label === null ? "How far the prediction moves" : "How far the probability of the class rises";
  return [
    element("h4", {}, title),
    element("p", { className: "quiet" }, `${about} where the word is in the text, on average.`),
    element(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": title },
      element("table", { className: "numbers" }, element("tbody", {}, ...rows)),
    ),
  ];
}
