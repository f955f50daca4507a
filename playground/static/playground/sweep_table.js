/* The combinations of a sweep, a row each: sorted by any column, and opened for the trainings behind it. Called by sweep.js.

   Rows stay where they are and are filled anew, so that nothing moves while scores arrive. */

import { announce, element, find } from "./dom.js";
import { formatMetric, metricName } from "./headline.js";
import { writeValue } from "./places.js";
import { baselineOf, meanOf, spreadOf } from "./trials.js";

const ASKED = "asked"; // in the order in which they are trained
const DESCENDING = ["mean"];

/** `openRun(trial, seed, button)` and `useSetup(trial)` are null where the rows that were sent along are not here. */
export function startSweepTable({ trials, axes, name, openRun, useSetup }) {
  const opened = new Set(); // numbers of combinations
  const columns = [
    ...axes.map((axis) => ({ key: axis.path, title: axis.name, valueOf: (trial) => trial.values[axis.path], write: (trial) => writeValue(trial.values[axis.path]), className: "values" })),
    ...(axes.length ? [] : [{ key: ASKED, title: "Setup", valueOf: (trial) => trial.number, write: name, className: "values" }]),
    { key: "mean", title: "Score", valueOf: meanOf, write: (trial) => formatMetric(trial.metric, meanOf(trial)), className: "score" },
    ...(trials[0].seeds.length > 1 ? [{ key: "spread", title: "± over seeds", valueOf: spreadOf, write: (trial) => (spreadOf(trial) === null ? "–" : `± ${formatMetric(trial.metric, spreadOf(trial))}`), className: "spread" }] : []),
    { key: "seeds", title: "Seeds", valueOf: countScores, write: (trial) => (countScores(trial) === trial.seeds.length ? String(trial.seeds.length) : `${countScores(trial)} of ${trial.seeds.length}`) },
    { key: "baseline", title: "Guessing", valueOf: baselineOf, write: (trial) => formatMetric(trial.metric, baselineOf(trial)) },
  ];
  const rows = trials.map(() => makeRow());
  let sort = { key: ASKED, descending: false };
  let ranked = null; // once it is over: best first
  let best = null;

  function makeRow() {
    const toggle = element("button", { type: "button", onclick: () => flip(row.trial) });
    const cells = columns.map(({ className = "" }, place) => (place === 0 ? element("th", { scope: "row", className }) : element("td", { className })));
    const main = element("tr", {}, element("td", { className: "toggle" }, toggle), ...cells);
    const body = element("td", { colSpan: columns.length + 1 });
    const detail = element("tr", { className: "trials", hidden: true }, body);
    const row = { trial: null, shown: "", toggle, cells, main, body, detail };
    return row;
  }

  function fill(row, trial) {
    row.trial = trial;
    columns.forEach(({ write }, place) => setText(row.cells[place], write(trial)));
    const isOpen = opened.has(trial.number);
    row.main.classList.toggle("best", trial === best);
    row.detail.hidden = !isOpen;
    setText(row.toggle, isOpen ? "▾" : "▸");
    row.toggle.setAttribute("aria-expanded", String(isOpen));
    row.toggle.ariaLabel = `Trainings with ${name(trial)}`;
    const shown = isOpen ? `${trial.number} ${trial.scores.size}` : "";
    if (shown === row.shown) return;
    row.shown = shown;
    row.body.replaceChildren(...(isOpen ? describe(trial) : []));
  }

  function describe(trial) {
    const items = trial.seeds.map((seed) => {
      const score = trial.scores.get(seed);
      const said = score === undefined ? "not yet" : score === null ? `failed: ${trial.messages.get(seed) ?? ""}` : formatMetric(trial.metric, score);
      const open = openRun && element("button", { type: "button", ariaLabel: `Open as a run: ${name(trial)}, seed ${seed}`, onclick: ({ target }) => openRun(trial, seed, target) }, "Open as a run");
      return element("li", {}, `seed ${seed}`, element("span", {}, said), open);
    });
    const use = useSetup && element("button", { type: "button", className: "strong", ariaLabel: `Use this setup: ${name(trial)}`, onclick: () => useSetup(trial) }, "Use this setup");
    const note = openRun ? "A run trains this once more, with curves and everything else: the same seed gives the same number." : "Its rows were sent along with it, so that it can be repeated only by whoever has them.";
    return [element("div", { className: "inside" }, element("ul", {}, ...items), element("p", { className: "buttons" }, use, element("small", {}, note)))];
  }

  function flip(trial) {
    if (!opened.delete(trial.number)) opened.add(trial.number);
    fill(rows.find((row) => row.trial === trial), trial);
  }

  function draw(bestTrial) {
    best = bestTrial;
    const kept = findFocus();
    inOrder().forEach((trial, place) => fill(rows[place], trial));
    if (kept) rows.find(({ trial }) => trial === kept.trial)?.toggle.focus({ preventScroll: true });
    setText(headers.get("mean").firstChild, best ? `${metricName(best.metric)} ` : "Score ");
  }

  /** Whose row has the focus on its first button, which is to go along with it. */
  const findFocus = () => rows.find(({ toggle }) => toggle === document.activeElement);

  function inOrder() {
    if (sort.key === ASKED) return sort.descending ? trials.toReversed() : trials;
    if (sort.key === "mean" && ranked) return sort.descending ? ranked : ranked.toReversed();
    const { valueOf } = columns.find(({ key }) => key === sort.key);
    return trials.toSorted((a, b) => compare(valueOf(a), valueOf(b), sort.descending) || a.number - b.number);
  }

  const headers = new Map(columns.map(({ key, title }) => [key, element("button", { type: "button", className: "sort", onclick: () => choose(key, title) }, `${title} `, element("span", { "aria-hidden": "true" }))]));

  function choose(key, title) {
    sort = { key, descending: sort.key === key ? !sort.descending : DESCENDING.includes(key) };
    mark();
    draw(best);
    announce(`Sorted by ${title}.`);
  }

  function mark() {
    for (const [key, button] of headers) {
      const isChosen = key === sort.key;
      button.lastChild.textContent = isChosen ? (sort.descending ? "▼" : "▲") : "";
      button.parentElement.setAttribute("aria-sort", isChosen ? (sort.descending ? "descending" : "ascending") : "none");
    }
  }

  const head = columns.map(({ key, className = "" }) => element("th", { scope: "col", className: className === "values" ? className : "" }, headers.get(key)));
  find("combinations").replaceChildren(
    element("thead", {}, element("tr", {}, element("td", { className: "toggle" }), ...head)),
    element("tbody", {}, ...rows.flatMap(({ main, detail }) => [main, detail])),
  );
  mark();

  return {
    draw,
    /** It is over: best first, unless the learner has chosen otherwise. */
    end(order) {
      ranked = order;
      if (sort.key === ASKED && axes.length) sort = { key: "mean", descending: true };
      mark();
    },
  };
}

const countScores = (trial) => [...trial.scores.values()].filter((score) => score !== null).length;

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** What has no value comes last. */
function compare(a, b, descending) {
  if (a === null || b === null) return (a === null) - (b === null);
  const difference = typeof a === "number" && typeof b === "number" ? a - b : writeValue(a).localeCompare(writeValue(b), undefined, { numeric: true });
  return descending ? -difference : difference;
}
