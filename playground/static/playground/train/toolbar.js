/* <setup-toolbar>: undo and redo, the link to the setup, a fresh start, and how many settings are shown. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { hasSetup, readLink, writeLink } from "./link.js";
import { BadSetup, FRESH } from "./setup.js";

class SetupToolbar extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started

  /** @param {{ store: import("./store.js").TrainStore, keepBeginner: (on: boolean) => Promise<void> }} page */
  start({ store, keepBeginner }) {
    this.#store = store;
    this.one("#undo").addEventListener("click", () => this.#undo());
    this.one("#redo").addEventListener("click", () => this.#redo());
    document.addEventListener("keydown", (event) => this.#actByKey(event));
    this.one("#copy-link").addEventListener("click", () => this.#copyLink());
    this.one("#start-over").addEventListener("click", () => {
      store.send({ type: "jumped", setup: structuredClone(FRESH) });
      announce("The setup is reset. Undo restores it.");
    });
    this.one("#show-all").addEventListener("click", () => {
      const on = !store.state.beginner;
      store.send({ type: "beginner", on });
      announce(on ? "Only the first settings are shown." : "All settings are shown.");
      void keepBeginner(on);
    });
    store.watch(
      ({ setup }) => setup,
      () => (this.one("#link-box").hidden = true),
    ); // it led to what was before
    store.watch(
      ({ past }) => past.length > 0,
      (can) => this.#enable("#undo", can),
    );
    store.watch(
      ({ future }) => future.length > 0,
      (can) => this.#enable("#redo", can),
    );
    store.watch(
      ({ beginner }) => beginner,
      (on) => this.one("#show-all").setAttribute("aria-pressed", String(!on)),
    );
    window.addEventListener("hashchange", () => this.#openLink());
    void this.#openLink();
  }

  /** `aria-disabled`, since a disabled button would lose the focus that is on it.
      @param {string} button @param {boolean} can */
  #enable(button, can) {
    this.one(button).setAttribute("aria-disabled", String(!can));
  }

  #undo() {
    if (!this.#store.state.past.length) return;
    this.#store.send({ type: "undone" });
    announce("Undone.");
  }

  #redo() {
    if (!this.#store.state.future.length) return;
    this.#store.send({ type: "redone" });
    announce("Done again.");
  }

  /** Ctrl+Z and its like outside of text fields, where the browser has an undo of its own.
      @param {KeyboardEvent} event */
  #actByKey(event) {
    const isTextField =
      event.target instanceof Element &&
      event.target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=file])");
    if (!(event.ctrlKey || event.metaKey) || event.altKey || isTextField) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.#redo();
    else this.#undo();
  }

  async #copyLink() {
    const { setup } = this.#store.state;
    const link = await writeLink(setup);
    const field = this.one("#copied-link", HTMLInputElement);
    field.value = link;
    this.one("#link-box").hidden = false;
    const about = setup.dataset_id ? " Your table is not in it: it stays with you." : "";
    try {
      await navigator.clipboard.writeText(link);
      this.#tell(`The link is copied, ${link.length} characters.${about}`);
    } catch {
      this.#tell(`Copy the link from this field.${about}`); // the browser does not let a page write there
      field.select();
    }
  }

  /** @param {string} text */
  #tell(text) {
    this.one("#link-note").textContent = text;
    announce(text);
  }

  /** Once: what is changed afterwards must not be undone by a reload. */
  async #openLink() {
    const { hash, pathname, search } = window.location;
    if (!hasSetup(hash)) return;
    window.history.replaceState({}, "", pathname + search);
    const problem = this.one("#link-error");
    problem.hidden = true;
    try {
      this.#store.send({ type: "jumped", setup: await readLink(hash) });
      announce("The setup of the link is open.");
    } catch (error) {
      if (!(error instanceof BadSetup)) throw error;
      problem.hidden = false;
      problem.replaceChildren(
        element("strong", {}, "The link could not be opened: "),
        `${error.message}. The setup is as it was.`,
      );
    }
  }
}

customElements.define("setup-toolbar", SetupToolbar);
