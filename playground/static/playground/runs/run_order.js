/* Which runs are shown in which order: the headers' buttons, the list for narrow screens, and the filter. */

import { element, find } from "../ui/dom.js";
import { durationOf, isActive, titleOf } from "../ui/headline.js";

const TEXTS = ["name", "data", "model", "status"];
const VALUES = { name: titleOf, duration: durationOf };
const STARTS_DESCENDING = ["value", "created"];

/** `onOrder({ key, descending })` hears of each choice. */
export function startSorting(onOrder) {
  const headers = [...find("runs").querySelectorAll("th[data-key]")];
  let order = { key: "created", descending: true };

  function choose(key, descending) {
    order = { key, descending };
    draw();
    onOrder(order);
  }

  function draw() {
    for (const header of headers) {
      const isChosen = header.dataset.key === order.key;
      header.setAttribute("aria-sort", isChosen ? (order.descending ? "descending" : "ascending") : "none");
      header.querySelector("span").textContent = isChosen ? (order.descending ? "▼" : "▲") : "";
    }
    find("sort").value = order.key;
  }

  for (const header of headers) {
    const { key } = header.dataset;
    const toggle = () => choose(key, order.key === key ? !order.descending : STARTS_DESCENDING.includes(key));
    find("sort").append(element("option", { value: key }, header.textContent));
    header.replaceChildren(element("button", { type: "button", className: "plain", onclick: toggle }, header.textContent, " ", element("span", { "aria-hidden": "true" })));
  }
  find("sort").addEventListener("change", ({ target: { value } }) => choose(value, STARTS_DESCENDING.includes(value)));
  draw();
}

/** For `sort`. Runs without a value come last, and of equal ones the newest first. */
export function compareBy({ key, descending }) {
  const valueOf = VALUES[key] ?? ((run) => run[key]);
  return (a, b) => {
    const [first, second] = [valueOf(a), valueOf(b)];
    if (first === null || second === null) return (first === null) - (second === null) || newestFirst(a, b);
    const difference = TEXTS.includes(key) ? first.localeCompare(second, undefined, { numeric: true, sensitivity: "base" }) : compareValues(first, second);
    return (descending ? -difference : difference) || newestFirst(a, b);
  };
}

/** Every word has to be in the name, the table or the model. */
export function matches(run, words, status) {
  const text = `${titleOf(run)} ${run.data} ${run.model}`.toLocaleLowerCase();
  const hasWords = words.toLocaleLowerCase().split(/\s+/).every((word) => text.includes(word));
  return hasWords && (!status || (status === "active" ? isActive(run) : run.status === status));
}

const compareValues = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

const newestFirst = (a, b) => compareValues(b.created, a.created);
