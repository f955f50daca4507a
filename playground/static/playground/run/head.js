/* <run-head>: what a run is called, and what its owner does with it: another name, a link for others, or away with it. */

import { announce } from "../ui/announcer.js";
import { Component } from "../ui/component.js";
import { AskDialog } from "../ui/dialog.js";
import { openShare } from "./share.js";
import { isOver } from "./store.js";

/**
 * @typedef {import("../wire/socket.js").Socket} Socket
 * @typedef {{ run: import("./types.d.ts").Run | null, phase: import("./types.d.ts").Phase }} State
 * @typedef {import("../ui/store.js").Store<State, any>} Store of a page with a run, a sweep or a comparison
 */

class RunHead extends Component {
  /** @param {{ store: Store, socket: Socket }} context */
  start({ store, socket }) {
    const title = this.one("#run-title");
    store.watch(
      ({ run }) => run,
      (run) => {
        title.textContent = run?.name || run?.title || "The run";
        this.one("#run-tools").hidden = !run?.own;
      },
    );
    store.watch(isOver, (over) => {
      const button = this.one("#delete", HTMLButtonElement);
      button.disabled = !over;
      button.title = over ? "" : "Stop it first; then it can be deleted.";
    });
    // The button that was pressed may be gone.
    const started = (/** @type {State} */ { run, phase }) => (phase === "waiting" ? run?.run_id : null);
    store.watch(started, (id) => id && title.focus({ preventScroll: true }));
    this.#offer("#rename", () => this.#rename(store, socket), store);
    this.#offer("#delete", () => this.#remove(store, socket), store);
    if (this.querySelector("#share")) this.#offer("#share", () => this.#share(store, socket), store);
  }

  /**
   * @param {string} button
   * @param {() => Promise<void>} act
   * @param {Store} store hears what went wrong
   */
  #offer(button, act, store) {
    this.one(button).addEventListener("click", () => {
      act().catch((failure) => store.send({ type: "complained", failure }));
    });
  }

  /**
   * @param {Store} store
   * @param {Socket} socket
   */
  async #rename(store, socket) {
    const { run } = store.state;
    const field = this.one("#rename-name", HTMLInputElement);
    field.value = run?.name ?? "";
    if (!run || !(await this.one("ask-dialog.rename", AskDialog).ask())) return;
    const { name } = await socket.request("renameTraining", { run_id: run.run_id, name: field.value });
    store.send({ type: "renamed", name });
    announce(name ? `It is now called ${name}.` : "It has no name any more.");
  }

  /**
   * @param {Store} store
   * @param {Socket} socket
   */
  async #remove(store, socket) {
    const { run } = store.state;
    if (!run || !(await this.one("ask-dialog.delete", AskDialog).ask())) return;
    await socket.request("deleteTraining", { run_id: run.run_id });
    window.location.assign("/");
  }

  /**
   * @param {Store} store
   * @param {Socket} socket
   */
  async #share(store, socket) {
    const { run } = await socket.request("describeTraining", { run_id: store.state.run?.run_id });
    openShare(socket, run);
  }
}

customElements.define("run-head", RunHead);
