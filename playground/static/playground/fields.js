/* Form fields from the registry's descriptions of arguments; used for layers and estimators alike. */

import { element } from "./dom.js";

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
  const input = element("input", {
    ...common,
    type: "number",
    value: value ?? "",
    step: argument.type === "integer" ? "1" : "any",
    placeholder: argument.inferred ? "auto" : (argument.default ?? (argument.optional ? "none" : "")),
    oninput: () => onChange(input.value === "" ? undefined : Number(input.value)),
  });
  if (argument.minimum !== null) input.min = argument.minimum;
  if (argument.maximum !== null) input.max = argument.maximum;
  return element("label", { className: "argument", title }, `${argument.name} `, input);
}
