/* Form fields from the registry's descriptions of arguments; used for layers and estimators alike. */

import { element } from "./dom.js";

const SIZES = String.raw`\s*(\d{1,6}(\s*[,×x ]\s*\d{1,6}){0,2})?\s*`; // one to three whole numbers, such as 8, 8

/** A labelled field for one argument; `onChange(value)` gets undefined when it is emptied. */
export function argumentField(argument, value, label, onChange) {
  const title = argument.about + (argument.default !== null ? ` Default: ${argument.default}.` : "");
  const common = { title, "aria-label": `${argument.name}, ${label}` };
  if (argument.type === "boolean") {
    const box = element("input", { ...common, type: "checkbox", checked: value ?? argument.default ?? false, onchange: () => onChange(box.checked) });
    return element("label", { className: "argument", title }, box, ` ${argument.name}`);
  }
  if (argument.type === "choice") {
    const options = argument.choices.map((choice) =>
      element("option", { value: JSON.stringify(choice), selected: choice === (value ?? argument.default) }, String(choice)),
    );
    const select = element("select", { ...common, onchange: () => onChange(JSON.parse(select.value)) }, ...options);
    return element("label", { className: "argument", title }, `${argument.name} `, select);
  }
  if (argument.type === "pair" || argument.type === "sizes") {
    const text = element("input", {
      ...common,
      type: "text",
      inputMode: "numeric",
      size: argument.type === "pair" ? 5 : 8,
      pattern: SIZES,
      value: writeSizes(value),
      placeholder: placeholderOf(argument),
      oninput: () => {
        if (text.checkValidity()) onChange(readSizes(text.value));
      },
    });
    return element("label", { className: "argument", title }, `${argument.name} `, text);
  }
  const input = element("input", {
    ...common,
    type: "number",
    value: value ?? "",
    step: argument.type === "integer" ? "1" : "any",
    placeholder: placeholderOf(argument),
    oninput: () => onChange(input.value === "" ? undefined : Number(input.value)),
  });
  if (argument.minimum !== null) input.min = argument.minimum;
  if (argument.maximum !== null) input.max = argument.maximum;
  return element("label", { className: "argument", title }, `${argument.name} `, input);
}

const placeholderOf = ({ inferred, optional, default: usual }) => (inferred ? "auto" : (usual ?? (optional ? "none" : "")));

const writeSizes = (value) => (Array.isArray(value) ? value.join(", ") : (value ?? ""));

/** "8, 8" is a list, "8" a number, and nothing undefined. */
function readSizes(text) {
  const numbers = (text.match(/\d+/g) ?? []).map(Number);
  return numbers.length > 1 ? numbers : numbers[0];
}
