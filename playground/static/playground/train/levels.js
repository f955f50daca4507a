/* The levels of a category, from lowest to highest, and buttons that move one up or down. Called by columns.js. */

import { announce, element } from "../ui/dom.js";
import { quote } from "../ui/wording.js";

const MOST = 20; // that are moved one by one

/** Null where the column is no category, or not all of its levels are known. `reorder(order)` gets undefined for the
    usual order.
    @param {any} column
    @param {{ type: string, order: string[] | null, reorder: (order: string[] | undefined) => void }} options */
export function levels(column, { type, order, reorder }) {
  const known = column.top.length >= column.unique ? column.top.map((/** @type {any} */ { value }) => value) : [];
  if (type !== "category" || known.length < 3 || known.length > MOST) return null;
  const shown = [...(order ?? []), ...known.filter((/** @type {string} */ level) => !order?.includes(level))];
  const summary = order ? `Levels in order: ${shown.map(quote).join(" < ")}` : "Order of levels";
  const usual = order
    ? element("button", { type: "button", className: "fix", onclick: () => reorder(undefined) }, "Usual order")
    : null;
  return element(
    "details",
    { className: "levels", "data-column": column.name },
    element("summary", {}, summary),
    element("ol", {}, ...shown.map((level, position) => item(column, shown, level, position, reorder))),
    usual,
  );
}

/** @param {any} column @param {string[]} shown @param {string} level @param {number} position
    @param {(order: string[]) => void} reorder */
function item(column, shown, level, position, reorder) {
  const button = (/** @type {string} */ sign, /** @type {string} */ word, /** @type {number} */ to) => {
    const label = `Move ${quote(level)} ${word}, ${column.name}`;
    return element(
      "button",
      {
        type: "button",
        disabled: to < 0 || to >= shown.length,
        "data-column": column.name,
        "data-move": `${level} ${word}`,
        "aria-label": label,
        onclick: () => move(shown, position, to, reorder),
      },
      sign,
    );
  };
  return element(
    "li",
    {},
    element("span", {}, quote(level)),
    button("↑", "earlier", position - 1),
    button("↓", "later", position + 1),
  );
}

/** @param {string[]} shown @param {number} from @param {number} to @param {(order: string[]) => void} reorder */
function move(shown, from, to, reorder) {
  const order = [...shown];
  const [level] = order.splice(from, 1);
  order.splice(to, 0, level);
  reorder(order);
  announce(`${level} is level ${to + 1} of ${order.length}.`);
}
