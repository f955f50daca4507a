/* Make elements, and write numbers. Text is always text: nothing here parses HTML. */

export { announce } from "./announcer.js";

/** @typedef {Node | string | null | undefined} Child */

/**
 * An element with children. An attribute `on…` is a listener, one that the element has as a property sets it, and one
 * that is false, null or undefined is left out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Child} children null and undefined are left out
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list" && name !== "form") Object.assign(node, { [name]: value });
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/**
 * The same for SVG, whose attributes are never properties.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function drawing(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/**
 * A node of the page by its id. For pages that are no components yet: a component uses `one`.
 *
 * @param {string} id
 * @returns {any}
 */
export const find = (id) => document.getElementById(id);

/**
 * The JSON that the server's template put into `<script id="…" type="application/json">`.
 *
 * @param {string} id
 * @returns {any}
 */
export const readJson = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "null");

const TINY = 1e-6; // from here on the zeros in front would be more than what they stand before

/**
 * @param {number | null | undefined} value
 * @param {number} [digits] that count
 */
export function formatNumber(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (value !== 0 && Math.abs(value) < TINY) return value.toExponential(1);
  if (Number.isInteger(value)) return value.toLocaleString();
  return Number(value.toPrecision(digits)).toLocaleString(undefined, { maximumSignificantDigits: digits });
}

// As Python rounds, whose sentences stand beside it: 96.25 is 96.2 for both.
const percent = new Intl.NumberFormat("en", {
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
  useGrouping: false,
  roundingMode: "halfEven",
});

/**
 * A share as "96.2 %".
 *
 * @param {number} share from 0 to 1
 */
export const formatShare = (share) => `${percent.format(100 * share)} %`;

/** @param {number} seconds */
export function formatSeconds(seconds) {
  if (seconds < 1) return "under a second";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
