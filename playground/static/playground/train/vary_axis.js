/* One setting that varies, in the dialog "Hyperparameter sweep": which one, and its values. Called by vary.js. */

import { element } from "../ui/dom.js";

/** @typedef {import("./vary_choices.js").Choice} Choice */
/** `field` and `boxes`: where the values are written or ticked.
    @typedef {{ node: HTMLElement, problems: HTMLElement, path: string, choice: Choice, field: HTMLInputElement | null,
      boxes: HTMLElement[], lock: (taken: string[], isRemovable: boolean) => void, mark: (isWrong: boolean) => void }} Axis */

/** `choices` as listChoices gives them.
    @param {Choice[]} choices @param {Choice} choice
    @param {{ onChange: () => void, onRemove: () => void }} acts @returns {Axis} */
export function drawAxis(choices, choice, { onChange, onRemove }) {
  const id = `vary-axis-${Math.random().toString(36).slice(2)}`;
  const select = element("select", {
    id,
    onchange: () => choose(choices.find(({ path }) => path === select.value) ?? choice),
  });
  for (const label of new Set(choices.map(({ group }) => group))) {
    const members = choices.filter(({ group }) => group === label);
    select.append(
      element("optgroup", { label }, ...members.map((each) => element("option", { value: each.path }, each.label))),
    );
  }
  const about = element("p", { className: "quiet" });
  const values = element("div", { className: "axis-values" });
  const problems = element("div", { id: `${id}-problems`, role: "status" });
  const removal = element(
    "button",
    { type: "button", ariaLabel: "Remove this hyperparameter", onclick: onRemove },
    "×",
  );
  const head = element(
    "div",
    { className: "axis-head" },
    element("label", { htmlFor: id }, "Hyperparameter"),
    select,
    removal,
  );
  let isListed = false; // it stands among the others, who are to hear of changes
  const changed = () => isListed && onChange();
  /** @type {Axis} */
  const axis = {
    node: element("div", { className: "axis" }, head, about, values, problems),
    problems,
    path: "",
    choice,
    field: null,
    boxes: [],
    lock,
    mark,
  };

  /** @param {Choice} next */
  function choose(next) {
    axis.path = next.path;
    axis.choice = next;
    select.value = next.path;
    about.textContent = next.about ?? "";
    axis.field = next.options ? null : textField(id, next.values ?? [], changed);
    axis.boxes = next.options ? next.options.map((option) => boxOf(option, changed)) : [];
    values.replaceChildren(...(axis.field ? describeField(id, axis.field) : [groupOf(next.label, axis.boxes)]));
    changed();
  }

  /** What others vary cannot be chosen here, and the only one stays.
      @param {string[]} taken @param {boolean} isRemovable */
  function lock(taken, isRemovable) {
    for (const option of select.options) option.disabled = taken.includes(option.value);
    removal.hidden = !isRemovable;
  }

  /** @param {boolean} isWrong */
  function mark(isWrong) {
    axis.field?.setAttribute("aria-invalid", String(isWrong));
    axis.field?.setAttribute("aria-describedby", isWrong ? problems.id : `${id}-note`);
  }

  choose(choice);
  isListed = true;
  return axis;
}

/** The values as the spec takes them; what is no number goes along as it is, for the server to say so.
    @param {Axis} axis @returns {any[]} */
export function readAxis({ field, boxes, choice }) {
  if (!field) {
    const chosen = choice.options?.filter((_, place) => boxes[place].querySelector("input")?.checked);
    return (chosen ?? []).map(({ value }) => value);
  }
  return field.value
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(readValue);
}

/** @param {string} text */
function readValue(text) {
  if (text.toLowerCase() === "none") return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : text;
}

/** @param {string} id @param {any[]} values @param {() => void} onChange */
const textField = (id, values, onChange) =>
  element("input", {
    id: `${id}-values`,
    type: "text",
    autocomplete: "off",
    spellcheck: false,
    value: values.map((value) => value ?? "none").join("  "),
    "aria-describedby": `${id}-note`,
    oninput: () => onChange(),
  });

/** @param {string} id @param {HTMLElement} field */
const describeField = (id, field) => [
  element("label", { htmlFor: field.id }, "Values"),
  field,
  element("small", { id: `${id}-note` }, "With spaces between them. Use a point for decimals: 0.01."),
];

/** @param {string} label @param {HTMLElement[]} boxes */
const groupOf = (label, boxes) =>
  element("div", { role: "group", ariaLabel: `Values of ${label}`, className: "axis-boxes" }, ...boxes);

/** @param {{ text: string, checked: boolean }} option @param {() => void} onChange */
const boxOf = ({ text, checked }, onChange) =>
  element("label", {}, element("input", { type: "checkbox", checked, onchange: () => onChange() }), ` ${text}`);
