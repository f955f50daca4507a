/* Dragging layers with the mouse: from the palette into the list, and within it. Buttons and keys do the same. */

const TYPE = "application/x-playground-layer";

/** What a dragged palette button carries. @param {DragEvent} event @param {string} name */
export function carryName(event, name) {
  carry(event, { name }, "copy");
}

/** @param {DragEvent} event @param {{ name: string } | { from: number }} what @param {"copy" | "move"} effect */
function carry({ dataTransfer }, what, effect) {
  if (!dataTransfer) return;
  dataTransfer.setData(TYPE, JSON.stringify(what));
  dataTransfer.effectAllowed = effect;
}

/** Lets layers be dropped into `list`.
    @param {HTMLElement} list
    @param {{ insert: (name: string, position: number) => void, move: (from: number, to: number) => void }} acts */
export function startDropping(list, { insert, move }) {
  list.addEventListener("dragstart", (event) => {
    const item = /** @type {Element} */ (event.target);
    const from = [...list.children].indexOf(item);
    if (from < 0) return;
    carry(event, { from }, "move");
    item.classList.add("dragged");
  });
  list.addEventListener("dragend", ({ target }) => target instanceof Element && target.classList.remove("dragged"));
  list.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes(TYPE)) return;
    event.preventDefault();
    mark(list, findPlace(list, event.clientY));
  });
  list.addEventListener(
    "dragleave",
    ({ relatedTarget }) => list.contains(/** @type {Node | null} */ (relatedTarget)) || mark(list, null),
  );
  list.addEventListener("drop", (event) => {
    const carried = event.dataTransfer?.getData(TYPE);
    if (!carried) return;
    event.preventDefault();
    const place = findPlace(list, event.clientY);
    mark(list, null);
    const { name, from } = JSON.parse(carried);
    if (name !== undefined) insert(name, place);
    else move(from, place > from ? place - 1 : place);
  });
}

/** Before which item; their number: after the last one. @param {HTMLElement} list @param {number} y */
function findPlace(list, y) {
  const items = [...list.children];
  const place = items.findIndex((item) => {
    const { top, height } = item.getBoundingClientRect();
    return y < top + height / 2;
  });
  return place < 0 ? items.length : place;
}

/** @param {HTMLElement} list @param {number | null} place */
function mark(list, place) {
  const items = [...list.children];
  items.forEach((item, position) => {
    item.classList.toggle("drop-before", position === place);
    item.classList.toggle("drop-after", place === items.length && position === place - 1);
  });
}
