/* The layers that can be added, in the registry's groups, found by name or meaning. Called by model.js. */

import { carryName } from "./drag.js";
import { announce, element, find } from "../ui/dom.js";
import { insert } from "./layers.js";

export function startPalette(catalog) {
  const groups = Map.groupBy(catalog.layers, ({ group }) => group);
  find("palette").replaceChildren(...[...groups].map(([name, entries]) => groupBox(name, entries)));
  find("palette-search").addEventListener("input", () => search(catalog.layers));
  find("palette-search").addEventListener("keydown", (event) => {
    const first = find("palette").querySelector("button:not([hidden])");
    if (event.key !== "Enter" || !find("palette-search").value || !first) return;
    event.preventDefault();
    first.click();
  });
}

function groupBox(name, entries) {
  return element(
    "div",
    { className: "group", role: "group", "aria-label": name },
    element("span", { className: "group-name", "aria-hidden": "true" }, name),
    element("div", {}, ...entries.map((entry, position) => paletteButton(entry, position > 0))),
  );
}

/** The first of a group is what a beginner needs. */
function paletteButton({ name, about }, isAdvanced) {
  return element(
    "button",
    {
      type: "button",
      className: isAdvanced ? "advanced" : "",
      draggable: true,
      "data-name": name,
      "data-tip": about,
      onclick: () => insert(name),
      ondragstart: (event) => carryName(event, name),
    },
    `+ ${name}`,
  );
}

function search(entries) {
  const wanted = find("palette-search").value.trim().toLowerCase();
  const fits = ({ name, about, group }) => `${name} ${about} ${group}`.toLowerCase().includes(wanted);
  const found = new Set(entries.filter(fits).map(({ name }) => name));
  for (const button of find("palette").querySelectorAll("button")) button.hidden = !found.has(button.dataset.name);
  for (const group of find("palette").children) group.hidden = !group.querySelector("button:not([hidden])");
  find("palette").classList.toggle("searched", wanted !== ""); // what is searched for is shown to beginners, too
  find("palette-empty").hidden = found.size > 0;
  if (wanted) announce(`${found.size} layers found.`);
}
