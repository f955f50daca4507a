/* Makes elements. Text is always text: nothing here parses HTML. */

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && name !== "list" && name !== "form") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** The same for SVG, whose attributes are never properties. */
export function drawing(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export const find = (id) => document.getElementById(id);

let announcing = null;

/** Says something to screen readers, politely; the last of several in quick succession. */
export function announce(text) {
  clearTimeout(announcing);
  announcing = setTimeout(() => (find("announcer").textContent = text), 150);
}

const TINY = 1e-6; // from here on the zeros in front would be more than what they stand before

export function formatNumber(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  if (value !== 0 && Math.abs(value) < TINY) return value.toExponential(1);
  return Number.isInteger(value) ? value.toLocaleString() : Number(value.toPrecision(digits)).toLocaleString(undefined, { maximumSignificantDigits: digits });
}

// As Python rounds, whose sentences stand beside it: 96.25 is 96.2 for both.
const percent = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false, roundingMode: "halfEven" });

/** A share as "96.2 %". */
export const formatShare = (share) => `${percent.format(100 * share)} %`;

export function formatSeconds(seconds) {
  if (seconds < 1) return "under a second";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

export function formatBytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
