/* Dragging layers with the mouse: from the palette into the list, and within it. Buttons and keys do the same. */

const TYPE = "application/x-playground-layer";

/** What a dragged palette button carries. */
export function carryName(event, name) {
  event.dataTransfer.setData(TYPE, JSON.stringify({ name }));
  event.dataTransfer.effectAllowed = "copy";
}

/** Lets layers be dropped into `list`; calls `insert(name, position)` or `move(from, to)`. */
export function startDropping(list, { insert, move }) {
  list.addEventListener("dragstart", (event) => {
    const from = [...list.children].indexOf(event.target);
    if (from < 0) return;
    event.dataTransfer.setData(TYPE, JSON.stringify({ from }));
    event.dataTransfer.effectAllowed = "move";
    event.target.classList.add("dragged");
  });
  list.addEventListener("dragend", (event) => event.target.classList?.remove("dragged"));
  list.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes(TYPE)) return;
    event.preventDefault();
    mark(list, findPlace(list, event.clientY));
  });
  list.addEventListener("dragleave", (event) => list.contains(event.relatedTarget) || mark(list, null));
  list.addEventListener("drop", (event) => {
    const carried = event.dataTransfer.getData(TYPE);
    if (!carried) return;
    event.preventDefault();
    const place = findPlace(list, event.clientY);
    mark(list, null);
    const { name, from } = JSON.parse(carried);
    if (name !== undefined) insert(name, place);
    else move(from, place > from ? place - 1 : place);
  });
}

/** Before which item; their number: after the last one. */
function findPlace(list, y) {
  const items = [...list.children];
  const place = items.findIndex((item) => {
    const { top, height } = item.getBoundingClientRect();
    return y < top + height / 2;
  });
  return place < 0 ? items.length : place;
}

function mark(list, place) {
  const items = [...list.children];
  items.forEach((item, position) => {
    item.classList.toggle("drop-before", position === place);
    item.classList.toggle("drop-after", place === items.length && position === place - 1);
  });
}
