/* <second-table>: a second table whose rows are the test set, chosen among the uploaded ones or uploaded here. */

import { Component } from "../ui/component.js";
import { announce, element } from "../ui/dom.js";
import { inPageWords } from "../ui/wording.js";
import { shownKind } from "./split_kinds.js";
import { listTables } from "./table.js";
import { uploadTable } from "./upload.js";

class SecondTable extends Component {
  /** @type {import("./store.js").TrainStore} */
  #store = /** @type {any} */ (null); // until it is started

  /** @type {any} */
  #socket = null;

  /** @param {{ store: import("./store.js").TrainStore, socket: any }} page */
  start({ store, socket }) {
    this.#store = store;
    this.#socket = socket;
    this.#select.addEventListener("change", () => this.#choose(this.#select.value));
    this.#file.addEventListener("change", () => {
      const file = this.#file.files?.[0];
      if (file) void this.#upload(file);
    });
    store.watch(
      ({ setup, tables, wantsTable }) =>
        JSON.stringify([shownKind({ setup, wantsTable }), setup.split, setup.dataset_id, tables]),
      () => this.#draw(),
    );
  }

  get #select() {
    return this.one("#split-table", HTMLSelectElement);
  }

  get #file() {
    return this.one("#split-file", HTMLInputElement);
  }

  /** @param {string} id */
  #choose(id) {
    this.one("#split-table-error").hidden = true;
    this.#store.change("data", { split: id ? { kind: "given", dataset_id: id } : null });
    if (!id) this.#store.send({ type: "wantsTable", wants: true });
  }

  /** @param {File} file */
  async #upload(file) {
    const field = this.one("#split-table-field");
    const error = this.one("#split-table-error");
    error.hidden = true;
    field.setAttribute("aria-busy", "true");
    try {
      const table = await uploadTable(file);
      await listTables(this.#store, this.#socket);
      this.#choose(table.dataset_id);
      announce(`${table.name} has the test rows: ${table.rows}.`);
    } catch (/** @type {any} */ refused) {
      error.hidden = false;
      error.replaceChildren(element("strong", {}, refused.message), " ", inPageWords(refused.hint ?? ""));
    } finally {
      field.removeAttribute("aria-busy");
      this.#file.value = "";
    }
  }

  #draw() {
    const { setup, tables, wantsTable } = this.#store.state;
    const isShown = shownKind({ setup, wantsTable }) === "table";
    this.one("#split-table-field").hidden = !isShown;
    this.one("#split-file-field").hidden = !isShown;
    if (!isShown) this.one("#split-table-error").hidden = true;
    if (!isShown) return;
    const chosen = setup.split?.dataset_id ?? "";
    const others = tables.filter(({ dataset_id: id }) => id && (id !== setup.dataset_id || id === chosen));
    const known = others.map(({ dataset_id: id, name, rows }) => [id, `${name}, ${rows.toLocaleString()} rows`]);
    const all = !chosen || known.some(([id]) => id === chosen) ? known : [[chosen, "another table"], ...known];
    const options = [["", all.length ? "choose a table" : "no other table yet"], ...all];
    this.#select.replaceChildren(...options.map(([value, label]) => element("option", { value }, label)));
    this.#select.value = chosen;
  }
}

customElements.define("second-table", SecondTable);
