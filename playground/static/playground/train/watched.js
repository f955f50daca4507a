/* The choice of two columns whose boundary is watched while it trains. Called by the page's beginning. */

import { listLearned } from "./columns.js";
import { element, find } from "../ui/dom.js";
import { change, getSetup, onChange } from "./state.js";
import { getTable, onTable } from "./table.js";

export function startWatched() {
  find("watched-x").addEventListener("change", () => choose(find("watched-x").value, find("watched-y").value));
  find("watched-y").addEventListener("change", () => choose(find("watched-x").value, find("watched-y").value));
  onTable(follow);
  onChange((what) => {
    if (what === "data") follow();
    else if (what !== "quiet") draw();
  });
}

const listNumbers = () => listLearned().filter(({ type }) => type === "number").map(({ name }) => name);

/** What is no column of numbers any more is not watched any more. */
function follow() {
  const { boundary } = getSetup();
  const numbers = listNumbers();
  if (getTable() && boundary && !boundary.every((name) => numbers.includes(name))) change("settings", { boundary: null }, { joins: true });
  else draw();
}

function choose(x, y) {
  const other = y && y !== x ? y : listNumbers().find((name) => name !== x);
  change("settings", { boundary: x ? [x, other] : null });
}

function draw() {
  if (!getTable()) return;
  const numbers = listNumbers();
  const { boundary } = getSetup();
  const isByItself = numbers.length === 2 && listLearned().length === 2;
  find("watched").hidden = isByItself || numbers.length < 2;
  find("watched-note").hidden = !isByItself;
  find("watched-other").hidden = !boundary;
  const offer = (node, names, chosen) => node.replaceChildren(...names.map((name) => element("option", { value: name, selected: name === chosen }, name || "nothing")));
  offer(find("watched-x"), ["", ...numbers], boundary?.[0] ?? "");
  offer(find("watched-y"), numbers.filter((name) => name !== boundary?.[0]), boundary?.[1]);
}
