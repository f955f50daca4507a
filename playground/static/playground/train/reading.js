/* <import-panel>: the first lines of the file, and the options by which it is read. Each is detected until it is chosen
   here; a choice is sent at once, and what was read before stays in sight until the answer is there. Loaded with the
   first table that comes from a file. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { explain } from "../ui/tips.js";
import { inPageWords, nameMark, READING_NAMES, writeOption } from "../ui/wording.js";
import { forgetLost } from "./lost_columns.js";
import { MISSING, OPTIONS, readOption, readWords } from "./reading_options.js";

const TYPING_MS = 500; // after the last key
const ENCODINGS = [
  "utf-8",
  "utf-16",
  "cp1252",
  "cp1250",
  "cp1251",
  "iso8859-15",
  "shift_jis",
  "gb18030",
  "big5",
  "euc-kr",
  "mac-roman",
  "cp437",
];
const SHOWN_AFTER = ["data", "preset", "restored"];

/** @type {Record<string, string>} */
const NAMES = READING_NAMES;

/** @typedef {{ row: HTMLElement, control: HTMLInputElement | HTMLSelectElement, state: HTMLElement, reset: HTMLElement,
      problem: HTMLElement, timer: ReturnType<typeof setTimeout> | undefined }} Field */

export class ImportPanel extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started
  /** @type {Record<string, Field>} */
  #fields = {};
  #words = element("textarea", {
    id: "reading-words",
    "aria-label": "Texts that mean that there is no value, one a line",
    rows: 3,
    hidden: true,
    placeholder: "one a line",
  });

  /** @param {{ store: import("./store.js").TrainStore }} page */
  start({ store }) {
    if (this.#store) return; // it is loaded late, and started again with each table
    this.#store = store;
    this.one("#reading-encodings").replaceChildren(...ENCODINGS.map((value) => element("option", { value })));
    for (const name of Object.keys(NAMES)) this.#fields[name] = this.#build(name);
    this.#fields.missing.control.after(this.#words);
    this.#words.addEventListener("input", () => this.#typeWords());
    this.#words.addEventListener("change", () => this.#commitWords());
    this.one("#reading-options").replaceChildren(...Object.values(this.#fields).map(({ row }) => row));
    this.one("#reading-reset").addEventListener("click", () => {
      store.change("data", { reading: {} });
      announce("All options are detected again.");
    });
    store.watch(
      ({ table }) => table,
      (table) => this.#show(table),
    );
    store.watch(
      ({ last }) => last,
      ({ what }) => SHOWN_AFTER.includes(what) && this.#drawStates(),
    );
    store.watch(
      ({ misread }) => misread,
      (error) => error && this.#showError(error),
    );
  }

  get #panel() {
    return this.one("#reading", HTMLDetailsElement);
  }

  get #chosen() {
    return /** @type {Record<string, any>} */ (this.#store.state.setup.reading);
  }

  /** @param {any} table */
  #show(table) {
    this.#panel.hidden = !table?.reading;
    if (!table?.reading) return;
    const { before, beginner, setup } = this.#store.state;
    if (!before) this.#panel.open = table.problems.length > 0 || !beginner;
    this.#draw(table);
    const lost = before && forgetLost(setup, table, before);
    this.one("#reading-lost").hidden = !lost;
    if (!lost) return;
    const names = lost.names.slice(0, 5).join(", ");
    this.one("#reading-lost").textContent =
      `Read like this, there is no column ${names} any more. What you chose for it is forgotten; Undo brings it back.`;
    this.#store.change("data", lost.fields, { joins: true }); // with the change that they went with
  }

  /** @param {string} name @returns {Field} */
  #build(name) {
    const { about, choices, control: attributes = {} } = OPTIONS[name];
    const id = `reading-${name}`;
    const problem = element("p", {
      id: `${id}-problem`,
      className: "problem error",
      "aria-live": "polite",
      hidden: true,
    });
    const state = element("span", { id: `${id}-state`, className: "quiet" });
    const reset = element(
      "button",
      {
        type: "button",
        className: "fix",
        hidden: true,
        "aria-label": `Detect again: ${NAMES[name]}`,
        onclick: () => this.#choose(name),
      },
      "Detect",
    );
    const commit = () => (name === "missing" ? this.#chooseMissing() : this.#commit(name));
    const control = choices
      ? element("select", { id, onchange: commit })
      : element("input", {
          id,
          type: "text",
          autocomplete: "off",
          spellcheck: false,
          ...attributes,
          onchange: commit,
          oninput: () => this.#soon(name, commit),
        });
    const tip = explain(control, about, `${id}-tip`);
    control.setAttribute("aria-describedby", `${id}-tip ${id}-state`);
    const label = element("label", { className: "word", htmlFor: id }, NAMES[name]);
    const row = element(
      "div",
      { className: "option", "data-tip": about },
      label,
      element("span", { className: "of-option" }, control, state, reset),
      tip,
      problem,
    );
    return { row, control, state, reset, problem, timer: undefined };
  }

  /** @param {string} name @param {() => void} act */
  #soon(name, act) {
    const field = this.#fields[name];
    clearTimeout(field.timer);
    field.timer = setTimeout(act, TYPING_MS);
  }

  /** @param {string} name */
  #commit(name) {
    const { control, timer } = this.#fields[name];
    clearTimeout(timer);
    try {
      this.#choose(name, readOption(name, control.value));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#complain(name, error.message);
    }
  }

  #chooseMissing() {
    const wanted = this.#fields.missing.control.value;
    this.#words.hidden = wanted !== "own";
    if (wanted === "own")
      this.#words.focus(); // nothing is chosen before there is a text
    else this.#choose("missing", wanted === "none" ? [] : undefined);
  }

  #typeWords() {
    this.#soon("missing", () => this.#commitWords());
  }

  #commitWords() {
    clearTimeout(this.#fields.missing.timer);
    const texts = readWords(this.#words.value);
    if (texts.length) this.#choose("missing", texts);
  }

  /** Without a value it is detected again.
      @param {string} name @param {any} [value] */
  #choose(name, value) {
    const { [name]: before, ...rest } = this.#chosen;
    this.#complain(name, "");
    if (value === undefined)
      this.#fields[name].control.focus(); // its button goes away
    else if (JSON.stringify(before ?? this.#store.state.table?.reading?.[name]) === JSON.stringify(value)) return; // it is read like that already
    this.#store.change("data", { reading: value === undefined ? rest : { ...rest, [name]: value } });
    announce(value === undefined ? `${NAMES[name]} is detected.` : `${NAMES[name]}: ${writeOption(name, value)}.`);
  }

  /** @param {any} table */
  #draw({ reading, lines, sheets }) {
    for (const [name, { row, control, timer }] of Object.entries(this.#fields)) {
      const value = name === "sheet" ? (reading.sheet ?? sheets[0] ?? null) : reading[name];
      const isStated = name === "missing" ? reading.header_row !== null : value !== null; // a file with types of its own has none
      row.hidden = !isStated || (name === "sheet" && sheets.length < 2);
      clearTimeout(timer);
      if (row.hidden) continue;
      if (name === "missing") this.#drawMissing(value);
      else if (control instanceof HTMLSelectElement)
        offer(name, control, value, name === "sheet" ? sheets : OPTIONS[name].choices);
      else if (document.activeElement !== control || !this.#chosen[name])
        control.value = (OPTIONS[name].write ?? String)(value);
      this.#complain(name, "");
    }
    this.one("#reading-error").hidden = true;
    this.one("#reading-summary").textContent = summarize(reading);
    this.#drawLines(lines, reading);
    this.#drawStates();
  }

  /** Without a value, what is missing is found out for each column.
      @param {string[] | null} value */
  #drawMissing(value) {
    const kind = value === null ? "detected" : value.length ? "own" : "none";
    const { control } = this.#fields.missing;
    const isTyping = document.activeElement === this.#words;
    if (!control.childElementCount)
      control.replaceChildren(
        ...Object.entries(MISSING).map(([choice, label]) => element("option", { value: choice }, label)),
      );
    if (isTyping) return;
    control.value = kind;
    this.#words.hidden = kind !== "own";
    this.#words.value = (value ?? []).join("\n");
  }

  /** Which options are detected, and which are chosen. */
  #drawStates() {
    for (const [name, { state, reset, row }] of Object.entries(this.#fields)) {
      const isChosen = Object.hasOwn(this.#chosen, name);
      state.textContent = isChosen ? "chosen by you" : "detected";
      row.classList.toggle("chosen", isChosen);
      reset.hidden = !isChosen;
    }
    this.one("#reading-reset").hidden = Object.keys(this.#chosen).length === 0;
  }

  /** @param {string[]} lines @param {any} reading */
  #drawLines(lines, { header_row: header, skip_rows: skipped, comment }) {
    const left = new Set(skipped ?? []);
    const rows = lines.map((line, position) => {
      const number = position + 1;
      const [kind, note] =
        number === header
          ? ["header", "header"]
          : left.has(number) || (comment && line.startsWith(comment))
            ? ["left-out", "skipped"]
            : ["", ""];
      const cells = [
        element("th", { scope: "row" }, String(number)),
        element("td", { className: "line" }, line),
        element("td", { className: "line-note" }, note),
      ];
      return element("tr", { className: kind }, ...cells);
    });
    const body = this.one("#reading-lines");
    body.replaceChildren(...rows);
    body.closest(".scroll")?.toggleAttribute("hidden", lines.length === 0);
  }

  /** At the option that it names, or above all.
      @param {any} error */
  #showError({ message, hint, where }) {
    if (where?.startsWith("column_types")) return; // the check says it among the problems of the data
    const name = where?.match(/^reading\.(\w+)/)?.[1] ?? "";
    const text = inPageWords([message, hint].filter(Boolean).join(" "));
    if (Object.hasOwn(this.#fields, name) && !this.#fields[name].row.hidden) this.#complain(name, text);
    else {
      this.one("#reading-error").hidden = false;
      this.one("#reading-error").textContent = text;
    }
    this.#panel.open = true;
    announce(text);
  }

  /** @param {string} name @param {string} text */
  #complain(name, text) {
    const { control, problem } = this.#fields[name];
    problem.hidden = !text;
    problem.textContent = text;
    control.setAttribute("aria-invalid", String(Boolean(text)));
    if (text) control.setAttribute("aria-errormessage", problem.id);
    else control.removeAttribute("aria-errormessage");
  }
}

/** @param {string} name @param {HTMLSelectElement} control @param {string} value @param {string[]} [choices] */
function offer(name, control, value, choices = []) {
  const label = (/** @type {string} */ choice) =>
    name === "sheet" ? choice : `${nameMark(choice)}${choice.trim() ? ` ${choice}` : ""}`;
  const all = choices.includes(value) ? choices : [value, ...choices];
  control.replaceChildren(
    ...all.map((choice) => element("option", { value: choice, selected: choice === value }, label(choice))),
  );
}

/** "utf-8, delimiter semicolon, decimal mark comma" @param {any} reading */
function summarize(reading) {
  const named = ["sheet", "encoding", "delimiter", "decimal", "header_row"].filter(
    (name) => (reading[name] ?? null) !== null,
  );
  const words = named.map(
    (name) =>
      (["sheet", "encoding"].includes(name) ? "" : `${NAMES[name].toLowerCase()} `) + writeOption(name, reading[name]),
  );
  const left = reading.skip_rows?.length ? [`${reading.skip_rows.length.toLocaleString()} lines skipped`] : [];
  return [...words, ...left].join(", ");
}

customElements.define("import-panel", ImportPanel);
