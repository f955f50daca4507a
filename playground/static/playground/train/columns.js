/* The columns of the chosen table: which are learned from, and what each is taken for. target.js has the one that is
   predicted. */

import { choiceNodes, chooseFor, typeOf } from "./column_choice.js";
import { announce, element, find } from "../ui/dom.js";
import { histogram, inWords } from "../ui/histogram.js";
import { change, getSetup, onChange } from "./state.js";
import { getTable, getTarget, onTable } from "./table.js";

const MOST_SHOWN = 100; // a table may have thousands; the search finds the others
const SEARCH_FROM = 12;

let types = { offered: [], learned: [] };

export function startColumns(catalog) {
  types = catalog.column_types;
  const problemTypes = catalog.problem_types.map((name) => element("option", { value: name }, name));
  find("problem_type").append(...problemTypes);
  find("problem_type").addEventListener("change", () => change("data", { problem_type: find("problem_type").value || null }));
  find("column-search").addEventListener("input", draw);
  find("all-columns").addEventListener("click", () => chooseFeatures(new Set(usable().map(({ name }) => name))));
  find("no-columns").addEventListener("click", () => chooseFeatures(new Set(usable().slice(0, 1).map(({ name }) => name))));
  onTable(() => {
    find("column-search").value = "";
    draw();
  });
  onChange((what) => what !== "quiet" && what !== "settings" && draw());
}

const isUsable = (column) => types.learned.includes(typeOf(column)) || typeOf(column) === "identifier";
const isExpected = (column) => types.learned.includes(typeOf(column)); // learned from when nothing is chosen
const others = () => getTable().columns.filter(({ name }) => name !== getTarget());
const usable = () => others().filter(isUsable);

/** The columns that are learned from, with the types that they are taken for. */
export const listLearned = () => (getTable() ? others().filter((column) => isUsable(column) && isChosen(column)) : []).map((column) => ({ name: column.name, type: typeOf(column) }));

function isChosen(column) {
  const { features } = getSetup();
  return features.length ? features.includes(column.name) : isExpected(column);
}

function draw() {
  const table = getTable();
  if (!table) return;
  const target = getTarget();
  find("problem_type").value = getSetup().problem_type ?? "";
  const wanted = find("column-search").value.trim().toLowerCase();
  const found = others().filter(({ name }) => name.toLowerCase().includes(wanted));
  const { tagName: tag, dataset: { column: focused, move } = {} } = document.activeElement ?? {}; // drawing anew must not lose the place
  const open = new Set([...find("columns").querySelectorAll("details[open]")].map(({ dataset }) => dataset.column));
  find("columns").replaceChildren(...found.slice(0, MOST_SHOWN).map(chip));
  for (const details of find("columns").querySelectorAll("details")) details.open = open.has(details.dataset.column);
  if (focused !== undefined) [...find("columns").querySelectorAll(tag)].find(({ dataset }) => dataset.column === focused && dataset.move === move)?.focus();
  find("column-search-field").hidden = others().length < SEARCH_FROM;
  find("columns-note").textContent = describeChoice(found.length);
}

function describeChoice(found) {
  const all = others();
  const chosen = all.filter((column) => isUsable(column) && isChosen(column)).length;
  const shown = found > MOST_SHOWN ? ` The first ${MOST_SHOWN} are shown; search for the others.` : "";
  return `${chosen.toLocaleString()} of ${all.length.toLocaleString()} columns are features.${shown}`;
}

function chip(column) {
  const usableNow = isUsable(column);
  const box = element("input", {
    type: "checkbox",
    name: column.name,
    checked: usableNow && isChosen(column),
    disabled: !usableNow,
    "data-column": column.name,
    onchange: () => {
      const chosen = new Set(usable().filter(isChosen).map(({ name }) => name));
      if (box.checked) chosen.add(column.name);
      else chosen.delete(column.name);
      chooseFeatures(chosen);
    },
  });
  const missing = column.missing ? element("small", { className: "missing-count" }, `${column.missing.toLocaleString()} missing`) : null;
  return element(
    "div",
    { className: "chip", role: "group", "aria-label": column.name },
    element("label", { className: "name", title: column.name }, box, element("span", {}, column.name)),
    element("span", { className: "picture" }, histogram(column)),
    typeSelect(column),
    missing,
    ...choiceNodes(column),
  );
}

function typeSelect(column) {
  const offered = [column.type, ...types.offered.filter((type) => type !== column.type)];
  const select = element(
    "select",
    {
      className: "type",
      "aria-label": `Type of ${column.name}`,
      "data-column": column.name,
      "data-tip": `${inWords(column)}. Numbers are standardised, categories one-hot encoded, dates counted in days, and the words of texts weighted (TF-IDF); ignored columns are left out.`,
      onchange: () => {
        chooseFor(column, { type: select.value === column.type ? undefined : select.value });
        announce(`${column.name} has the type ${select.value}.`);
      },
    },
    ...offered.map((type) => element("option", { value: type, selected: type === typeOf(column) }, type)),
  );
  select.classList.toggle("changed", typeOf(column) !== column.type);
  return select;
}

/** None are named where they are just those that are learned from anyway. */
function chooseFeatures(chosen) {
  if (!chosen.size) {
    announce("At least one feature is needed.");
    draw();
    return;
  }
  const isUsual = others().every((column) => isExpected(column) === chosen.has(column.name));
  change("data", { features: isUsual ? [] : others().map(({ name }) => name).filter((name) => chosen.has(name)) });
}
