/* <sweep-dialog>: which settings of the setup vary, with which values and how many seeds. What that comes to is asked of
   the server after each change. Loaded by vary_opener.js when it is first opened. */

import { Component } from "../ui/component.js";
import { element, formatSeconds } from "../ui/dom.js";
import { specOf } from "./store.js";
import { drawAxis, readAxis } from "./vary_axis.js";
import { listChoices, withValues } from "./vary_choices.js";

const CHECK_AFTER_MS = 250;
const MOST_AXES = 4;
const OF_PATH = /^vary\["(.*?)"\]/;
const SEED = "seed";

export class SweepDialog extends Component {
  /** @type {any} */
  #page = null; // { store, socket, catalog, tips, settle }
  /** @type {any[]} */
  #choices = [];
  /** @type {any[]} */
  #axes = []; // what drawAxis gives, in their order
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;

  /** @param {any} page */
  start(page) {
    this.#page = page;
    this.one("#vary-more").addEventListener("click", () => {
      this.#add();
      this.#focusLast();
    });
    this.#seeds.addEventListener("input", () => this.#checkSoon());
    this.one("#vary-cancel").addEventListener("click", () => this.#dialog.close());
    this.one("#vary-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#run();
    });
  }

  get #dialog() {
    return this.one("#vary", HTMLDialogElement);
  }

  get #seeds() {
    return this.one("#vary-seeds", HTMLInputElement);
  }

  get #runButton() {
    return this.one("#vary-run", HTMLButtonElement);
  }

  /** `touched`: the path of the setting that the learner was at last; `again`: what a sweep tried that is to be changed.
      @param {{ touched: string, again: any }} from */
  async open({ touched, again }) {
    const { store, catalog, tips, settle } = this.#page;
    await settle();
    this.#choices = listChoices(store.state, catalog, tips);
    this.#axes = [];
    this.one("#vary-axes").replaceChildren();
    const known = this.#choices
      .filter(({ path }) => again && Object.hasOwn(again.vary, path))
      .map((choice) => withValues(choice, again.vary[choice.path]));
    for (const choice of known) this.#add(choice);
    if (!known.length) this.#add(this.#choices.find(({ path }) => path === touched) ?? this.#choices[0]);
    if (again) this.#seeds.value = String(again.seeds);
    this.#dialog.showModal();
    this.#axes[0].node.querySelector("select").focus();
  }

  #focusLast() {
    this.#axes.at(-1).node.querySelector("select").focus();
  }

  #add(choice = this.#choices.find(({ path }) => !this.#axes.some((axis) => axis.path === path))) {
    const axis = drawAxis(this.#choices, choice, {
      onChange: () => this.#follow(),
      onRemove: () => this.#remove(axis),
    });
    this.#axes.push(axis);
    this.one("#vary-axes").append(axis.node);
    this.#follow();
  }

  /** @param {any} axis */
  #remove(axis) {
    this.#axes = this.#axes.filter((each) => each !== axis);
    axis.node.remove();
    this.#follow();
    this.#focusLast();
  }

  /** Axes have changed. */
  #follow() {
    const taken = this.#axes.map(({ path }) => path);
    for (const axis of this.#axes)
      axis.lock(
        taken.filter((path) => path !== axis.path),
        this.#axes.length > 1,
      );
    this.one("#vary-more", HTMLButtonElement).disabled = this.#axes.length >= Math.min(MOST_AXES, this.#choices.length);
    this.#checkSoon();
  }

  #checkSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), CHECK_AFTER_MS);
    this.#runButton.disabled = true;
  }

  #toSweep() {
    const { setup } = this.#page.store.state;
    const count = Math.trunc(this.#seeds.valueAsNumber) || 0;
    const first = setup.settings.seed ?? 0;
    const vary = Object.fromEntries(this.#axes.map((axis) => [axis.path, readAxis(axis)]));
    return {
      spec: specOf(setup),
      vary: { ...vary, [SEED]: Array.from({ length: Math.max(0, count) }, (_, place) => first + place) },
    };
  }

  async #check() {
    const sweep = this.#toSweep();
    const words = this.#findWords(sweep.vary);
    /** @type {any} */
    let checked = { problems: words };
    try {
      if (!words.length) checked = await this.#page.socket.request("checkSweep", sweep);
    } catch (/** @type {any} */ error) {
      checked = { problems: [{ ...error, message: error.message, level: "error" }] };
    }
    if (JSON.stringify(sweep) !== JSON.stringify(this.#toSweep())) return; // an answer to what was there before
    this.#showProblems(checked.problems);
    const errors = checked.problems.filter((/** @type {any} */ { level }) => level === "error").length;
    this.#runButton.disabled = errors > 0;
    this.one("#vary-summary").textContent = errors
      ? `Fix ${errors} ${errors === 1 ? "problem" : "problems"} first.`
      : this.#summarize(checked, sweep.vary[SEED].length);
  }

  /** What was typed and is no number. @param {Record<string, any[]>} vary */
  #findWords(vary) {
    const hint = "Write numbers with spaces between them, such as 0.01 0.1 1.";
    return this.#axes
      .filter(({ field }) => field)
      .flatMap(({ path }) => {
        const word = vary[path].find((value) => typeof value === "string");
        return word === undefined
          ? []
          : [{ level: "error", where: `vary["${path}"]`, message: `“${word.slice(0, 50)}” is not a number.`, hint }];
      });
  }

  /** @param {any} checked @param {number} seeds */
  #summarize({ runs, combinations, seconds }, seeds) {
    const time =
      seconds === null || seconds === undefined
        ? ""
        : `, ${seconds < 1 ? formatSeconds(seconds) : `about ${formatSeconds(seconds)}`} in total`;
    const sets = this.#axes.length > 1 ? "combinations" : "values";
    return `${combinations} ${sets} × ${seeds} ${seeds === 1 ? "seed" : "seeds"} = ${runs} ${runs === 1 ? "training" : "trainings"}${time}.`;
  }

  /** Each at its setting, or else below all of them. @param {any[]} problems */
  #showProblems(problems) {
    const others = this.one("#vary-problems");
    /** @type {Map<string, HTMLElement>} */
    const boxes = new Map([[SEED, this.one("#vary-seeds-problems")]]);
    for (const { path, problems: box } of this.#axes) boxes.set(path, box);
    /** @type {Map<HTMLElement, HTMLElement[]>} */
    const shown = new Map();
    for (const box of [...boxes.values(), others]) shown.set(box, []);
    for (const problem of problems) {
      const box = boxes.get(problem.where.match(OF_PATH)?.[1] ?? "") ?? others;
      shown.get(box)?.push(problemBox(problem));
    }
    for (const [box, nodes] of shown) box.replaceChildren(...nodes);
    for (const axis of this.#axes) axis.mark(shown.get(axis.problems)?.some((node) => node.matches(".error")));
  }

  async #run() {
    if (this.#runButton.disabled) return;
    this.#runButton.disabled = true;
    try {
      const { run_id } = await this.#page.socket.request("runSweep", this.#toSweep());
      window.location.assign(`/runs/${run_id}/`);
    } catch (/** @type {any} */ error) {
      this.#showProblems([{ ...error, message: error.message, level: "error" }]);
      this.#runButton.disabled = false;
    }
  }
}

/** @param {any} problem */
const problemBox = ({ level, message, hint }) =>
  element(
    "p",
    { className: `problem ${level}` },
    element("span", { "aria-hidden": "true" }, level === "error" ? "✕ " : "! "),
    element("strong", {}, message),
    ` ${hint ?? ""}`,
  );

customElements.define("sweep-dialog", SweepDialog);
