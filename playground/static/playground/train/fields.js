/* Form fields from the registry's descriptions of arguments; used for layers and estimators alike. */

import { element } from "../ui/dom.js";
import { explain } from "../ui/tips.js";

const SIZES = String.raw`\s*(\d{1,6}(\s*[,×x ]\s*\d{1,6}){0,2})?\s*`; // one to three whole numbers, such as 8, 8

/** `value` is undefined where none is given.
    @typedef {(argument: any, value: any, onChange: (value: any) => void) => HTMLInputElement | HTMLSelectElement} Build */

/** A labelled field for one argument, called `name` on the page; `onChange(value)` gets undefined when it is emptied.
    @param {any} argument @param {any} value @param {{ name: string, of: string }} words
    @param {(value: any) => void} onChange */
export function argumentField(argument, value, { name, of }, onChange) {
  const control = BUILDERS[argument.type]?.(argument, value, onChange) ?? numberInput(argument, value, onChange);
  const inCode = name === argument.name ? "" : ` In PyTorch: ${argument.name}.`;
  const tip = argument.about + (argument.default !== null ? ` Default: ${argument.default}.` : "") + inCode;
  control.name = argument.name;
  control.setAttribute("aria-label", `${name}, ${of}`);
  const words = explain(control, tip, `argument-${Math.random().toString(36).slice(2)}`);
  const word = element("span", { className: "word" }, name);
  const parts = argument.type === "boolean" ? [control, word] : [word, control];
  return element("label", { className: "argument", "data-tip": tip }, ...parts, words);
}

/** @type {Record<string, Build>} */
const BUILDERS = { boolean: checkbox, choice: select, pair: sizesInput, sizes: sizesInput };

/** @type {Build} */
function checkbox(argument, value, onChange) {
  const box = element("input", {
    type: "checkbox",
    checked: value ?? argument.default ?? false,
    onchange: () => onChange(box.checked),
  });
  return box;
}

/** @type {Build} */
function select(argument, value, onChange) {
  const chosen = value ?? argument.default;
  const options = argument.choices.map((/** @type {any} */ choice) =>
    element(
      "option",
      { value: JSON.stringify(choice), selected: choice === chosen },
      choice === null ? "none" : String(choice),
    ),
  );
  const control = element("select", { onchange: () => onChange(JSON.parse(control.value)) }, ...options);
  return control;
}

/** @type {Build} */
function sizesInput(argument, value, onChange) {
  const text = element("input", {
    type: "text",
    inputMode: "numeric",
    size: argument.type === "pair" ? 5 : 8,
    pattern: SIZES,
    value: writeSizes(value),
    placeholder: placeholderOf(argument),
    oninput: () => text.checkValidity() && onChange(readSizes(text.value)),
  });
  return text;
}

/** @type {Build} */
function numberInput(argument, value, onChange) {
  const input = element("input", {
    type: "number",
    value: value ?? "",
    step: argument.type === "integer" ? "1" : "any",
    placeholder: placeholderOf(argument),
    oninput: () => onChange(input.value === "" ? undefined : Number(input.value)),
  });
  if (argument.minimum !== null) input.min = argument.minimum;
  if (argument.maximum !== null) input.max = argument.maximum;
  return input;
}

/** @param {any} argument */
const placeholderOf = ({ inferred, optional, default: usual }) =>
  inferred ? "auto" : String(usual ?? (optional ? "none" : ""));

/** @param {number | number[] | undefined} value */
const writeSizes = (value) => (Array.isArray(value) ? value.join(", ") : (value ?? ""));

/** "8, 8" is a list, "8" a number, and nothing undefined. @param {string} text */
function readSizes(text) {
  const numbers = (text.match(/\d+/g) ?? []).map(Number);
  return numbers.length > 1 ? numbers : numbers[0];
}
