/* <code-box>: a text of code with a button that copies it. */

import { Component } from "../ui/component.js";

const NAME = "train.py";

/** The code of a finished run, or what loads its model. */
class CodeBox extends Component {
  /** @param {import("./types.d.ts").RunContext} _context */
  start(_context) {
    this.one(".copy").addEventListener("click", () => this.#copy());
  }

  get code() {
    return this.one("pre").textContent ?? "";
  }

  set code(text) {
    this.one("pre").textContent = text;
  }

  /** @param {string} text */
  say(text) {
    this.one("[role=status]").textContent = text;
  }

  async #copy() {
    try {
      await navigator.clipboard.writeText(this.code);
      this.say("Copied.");
    } catch {
      // Browsers give the clipboard to pages over HTTPS alone: select it, and let people press the keys.
      window.getSelection()?.selectAllChildren(this.one("pre"));
      this.say("Selected: press Ctrl+C (⌘C on a Mac) to copy it.");
    }
  }
}

/** <train-code>: train.py of a finished run, fetched when it is opened. */
class TrainCode extends CodeBox {
  #url = "";

  /** @param {import("./types.d.ts").RunContext} context */
  start(context) {
    super.start(context);
    this.#box.addEventListener("toggle", () => this.#box.open && this.#load());
    context.store.watch(
      ({ artifacts }) => artifacts.find(({ name }) => name === NAME)?.url ?? "",
      (url) => {
        this.#url = url;
        this.#box.hidden = !url;
        this.#box.open = false;
        this.code = "";
        this.say("");
      },
    );
  }

  get #box() {
    return this.one("details", HTMLDetailsElement);
  }

  async #load() {
    if (this.code) return;
    const wanted = this.#url;
    this.say("Loading …");
    try {
      const response = await fetch(wanted);
      if (!response.ok) throw await response.json();
      const text = await response.text();
      if (wanted !== this.#url) return;
      this.code = text;
      this.say(`${text.split("\n").length} lines; they run without this page.`);
    } catch (/** @type {any} */ error) {
      const unreachable = "It could not be fetched. Check the connection and open this again.";
      this.say(error.code ? `${error.message} ${error.hint}` : unreachable);
    }
  }
}

/** <loading-code>: the code that loads the model; hidden where there is none. */
class LoadingCode extends CodeBox {
  /** @param {import("./types.d.ts").RunContext} context */
  start(context) {
    super.start(context);
    context.store.watch(
      ({ insights }) => insights?.loading ?? "",
      (code) => {
        this.one("details").hidden = !code;
        this.code = code;
      },
    );
  }
}

customElements.define("train-code", TrainCode);
customElements.define("loading-code", LoadingCode);
