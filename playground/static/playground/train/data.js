/* <data-step>: which table is chosen. Cards of built-in and uploaded ones, a file, a link. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { inPageWords } from "../ui/wording.js";
import { NO_TABLE } from "./setup.js";
import { listTables } from "./table.js";
import { uploadTable } from "./upload.js";

class DataStep extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started
  /** @type {any} */
  #socket = /** @type {any} */ (null); // until it is started

  /** @param {{ store: import("./store.js").TrainStore, socket: any }} page */
  start({ store, socket }) {
    this.#store = store;
    this.#socket = socket;
    this.#listAtEachOpening();
    this.#startDrop();
    this.one("#link-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#openLink();
    });
    store.watch(
      ({ tables }) => tables,
      (tables) => this.#drawCards(tables),
    );
    store.watch(
      ({ setup }) => setup,
      () => this.#mark(),
    );
    store.watch(
      ({ table }) => table,
      (table) => this.#follow(table),
    );
    store.watch(
      ({ unreadable }) => unreadable,
      (error) => error && this.#showError(error),
    );
  }

  /** @param {any} table */
  #follow(table) {
    if (!table) return;
    if (!this.#store.state.tables.some(({ dataset_id }) => dataset_id === table.dataset_id)) void this.#list();
    this.#mark();
  }

  #listAtEachOpening() {
    void this.#list(); // kept until there is a connection
    let opened = false;
    this.#socket.on("open", () => {
      if (opened) void this.#list();
      opened = true;
    });
  }

  #startDrop() {
    const drop = this.one("#drop");
    const input = this.one("#file", HTMLInputElement);
    const take = (/** @type {File | undefined} */ file) => file && void this.#upload(file);
    input.addEventListener("change", () => take(input.files?.[0]));
    for (const event of ["dragenter", "dragover"]) {
      drop.addEventListener(event, (drag) => {
        drag.preventDefault();
        drop.classList.add("over");
      });
    }
    drop.addEventListener("dragleave", () => drop.classList.remove("over"));
    drop.addEventListener("drop", (dropped) => {
      dropped.preventDefault();
      drop.classList.remove("over");
      take(dropped.dataTransfer?.files[0]);
    });
  }

  async #list() {
    try {
      await listTables(this.#store, this.#socket);
    } catch (/** @type {any} */ error) {
      if (error.code !== "connection_lost") this.#showError(error); // after a loss, "open" comes again
    }
  }

  /** @param {any[]} tables */
  #drawCards(tables) {
    this.one("#tables").replaceChildren(...tables.map((table) => this.#card(table)));
    this.#mark();
  }

  /** @param {any} table */
  #card(table) {
    const kind = table.problem_type ? `${table.problem_type} · ` : "";
    const choose = () => this.#choose({ default: table.default ?? null, dataset_id: table.dataset_id ?? null });
    return element(
      "button",
      { type: "button", className: "card", onclick: choose },
      element("strong", {}, table.name),
      element("span", { className: "about" }, table.about || "Your own table."),
      element("small", {}, `${kind}${table.rows.toLocaleString()} rows, ${table.columns} columns`),
    );
  }

  /** Marks the card of the chosen table. */
  #mark() {
    const { setup, table: described, tables } = this.#store.state;
    const { default: builtin, dataset_id, fileURL } = setup;
    const uploaded = dataset_id ?? (fileURL ? described?.dataset_id : null);
    [...this.one("#tables").children].forEach((button, position) => {
      const table = tables[position];
      const chosen = table.dataset_id
        ? table.dataset_id === uploaded
        : !uploaded && !fileURL && table.default === builtin;
      button.setAttribute("aria-pressed", String(chosen));
    });
  }

  /** @param {Partial<import("./setup.js").Setup>} source */
  #choose(source) {
    this.one("#data-error").hidden = true;
    this.#store.change("data", { ...NO_TABLE, ...source });
  }

  /** With `reading` where the file could not be read as detected.
      @param {File} file @param {Record<string, any>} [reading] */
  async #upload(file, reading = {}) {
    const refused = await this.#whileBusy(async () => {
      const answer = await uploadTable(file, reading);
      this.#choose({ dataset_id: answer.dataset_id, reading });
      announce(`${answer.name} is uploaded: ${answer.rows} rows.`);
    });
    this.one("#file", HTMLInputElement).value = "";
    if (refused?.where?.startsWith("reading.")) await this.#offerAgain(file, reading, refused.where);
  }

  /** An upload that was refused for an option of the reader is sent again with another.
      @param {File} file @param {Record<string, any>} reading @param {string} where */
  async #offerAgain(file, reading, where) {
    const { buildRetry } = await import("./retry.js");
    this.one("#data-error").append(
      buildRetry(where, reading, (/** @type {any} */ chosen) => this.#upload(file, chosen)),
    );
  }

  async #openLink() {
    const field = this.one("#link", HTMLInputElement);
    const fileURL = field.value.trim();
    if (!fileURL) return;
    await this.#whileBusy(async () => {
      const answer = await this.#socket.request("describeDataset", { fileURL });
      this.#choose({ fileURL });
      field.value = "";
      announce(`${answer.name} is read: ${answer.rows} rows.`);
    });
  }

  /** Gives the error that was shown, or null.
      @param {() => Promise<void>} work @returns {Promise<any>} */
  async #whileBusy(work) {
    const drop = this.one("#drop");
    this.one("#data-error").hidden = true;
    drop.setAttribute("aria-busy", "true");
    try {
      await work();
      return null;
    } catch (/** @type {any} */ error) {
      this.#showError(error);
      return error;
    } finally {
      drop.removeAttribute("aria-busy");
    }
  }

  /** @param {any} error */
  #showError({ message, hint }) {
    const box = this.one("#data-error");
    box.hidden = false;
    box.replaceChildren(element("strong", {}, message), " ", inPageWords(hint ?? ""));
  }
}

customElements.define("data-step", DataStep);
