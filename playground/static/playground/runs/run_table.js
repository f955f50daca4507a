/* <run-table>: the runs that are looked for, a row each, sorted by any column. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { orderBy } from "./run_order.js";
import { buildRow } from "./run_row.js";
import { findRuns } from "./store.js";

/** @typedef {ReturnType<typeof import("./store.js").createRunsStore>} RunsStore */

class RunTable extends Component {
  /** @type {any} */
  #page = null; // { store, socket, sharing, most, showMore, lookThrough }
  /** @type {Map<string, ReturnType<typeof buildRow>>} */
  #rows = new Map(); // by run_id
  #isWaiting = false;

  /** @param {{ store: RunsStore, showMore: () => void, lookThrough: () => void }} page */
  start(page) {
    const { store, showMore } = page;
    this.#page = page;
    this.#startHeaders();
    const more = this.one("#more");
    more.addEventListener("click", showMore);
    const whenNear = (/** @type {IntersectionObserverEntry[]} */ [{ isIntersecting }]) =>
      isIntersecting && !more.hidden && showMore();
    new IntersectionObserver(whenNear, { rootMargin: "300px" }).observe(more);
    store.watch(
      ({ runs }) => runs,
      () => this.#drawSoon(),
    );
    store.watch(
      ({ order, words, status, shown }) => JSON.stringify([order, words, status, shown]),
      () => this.#draw(store.state),
    );
    store.watch(
      ({ picked }) => picked,
      () => this.#lock(),
    );
    store.watch(
      ({ error }) => error,
      (error) => this.#showError(error),
    );
  }

  #startHeaders() {
    const { store, lookThrough } = this.#page;
    const headers = /** @type {HTMLElement[]} */ ([...this.querySelectorAll("th[data-key]")]);
    const signs = headers.map((header) => {
      const key = String(header.dataset.key);
      const choose = () => {
        store.send({ type: "ordered", order: orderBy(store.state.order, key) });
        lookThrough();
      };
      const sign = element("span", { "aria-hidden": "true" });
      const text = header.textContent;
      header.replaceChildren(
        element("button", { type: "button", className: "plain", onclick: choose }, text, " ", sign),
      );
      return sign;
    });
    store.watch(
      (/** @type {import("./store.js").RunsState} */ { order }) => order,
      (/** @type {import("./run_order.js").Order} */ { key, descending }) =>
        headers.forEach((header, place) => {
          const isChosen = header.dataset.key === key;
          header.setAttribute("aria-sort", isChosen ? (descending ? "descending" : "ascending") : "none");
          signs[place].textContent = isChosen ? (descending ? "▼" : "▲") : "";
        }),
    );
  }

  /** At most once a frame of the screen, however often runs tell of their progress. */
  #drawSoon() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.#draw(this.#page.store.state);
    });
  }

  /** @param {import("./store.js").RunsState} state */
  #draw(state) {
    const found = findRuns(state);
    const visible = found.slice(0, state.shown);
    const nodes = visible.map((run) => this.#rowOf(run));
    const body = this.one("#rows");
    if (nodes.length !== body.children.length || nodes.some((node, place) => node !== body.children[place])) {
      const focused = document.activeElement;
      body.replaceChildren(...nodes);
      if (focused instanceof HTMLElement && this.contains(focused)) focused.focus({ preventScroll: true }); // moving a row loses it
    }
    this.one("#more").hidden = visible.length === found.length && state.complete;
    const empty = this.one("#empty");
    empty.hidden = found.length > 0 || !(state.complete || state.runs.length); // before the first page nobody knows
    this.one("#runs").hidden = !empty.hidden;
    const start = ["There are no runs yet. ", element("a", { href: "/" }, "Train your first model"), "."];
    if (!empty.hidden) empty.replaceChildren(...(state.runs.length ? ["None of your runs matches."] : start));
  }

  /** Rows stay, and are filled anew. @param {any} run */
  #rowOf(run) {
    const { store, socket, sharing } = this.#page;
    const pick = (/** @type {string} */ runId, /** @type {boolean} */ isPicked) =>
      store.send({ type: "picked", runId, isPicked });
    const patch = (/** @type {any} */ changes) => store.send({ type: "patched", runId: run.run_id, changes });
    const known = this.#rows.get(run.run_id);
    const row = known ?? buildRow(socket, run, { sharing, pick, patch });
    if (!known) {
      this.#rows.set(run.run_id, row);
      row.lock(this.#isFull() && !store.state.picked.includes(run.run_id));
    }
    row.fill(run);
    return row.node;
  }

  #isFull() {
    return this.#page.store.state.picked.length >= this.#page.most;
  }

  #lock() {
    const { picked } = this.#page.store.state;
    for (const [id, row] of this.#rows) row.lock(this.#isFull() && !picked.includes(id));
  }

  /** @param {any} error */
  #showError(error) {
    const box = this.one("#runs-error");
    box.hidden = !error;
    if (error) box.replaceChildren(element("strong", {}, error.message), ` ${error.hint ?? ""}`);
  }
}

customElements.define("run-table", RunTable);
