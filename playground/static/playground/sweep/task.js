/* What sweeps and comparisons have above their results: how far they are, stop, name, delete, and what went wrong.
   The run's events are followed from the first one on, across reloads and lost connections. */

import "../run/head.js";
import { isOver } from "../run/store.js";
import { announce } from "../ui/announcer.js";
import { Component, startComponents } from "../ui/component.js";
import { followConnection } from "../ui/connection.js";
import { element, formatSeconds } from "../ui/dom.js";
import { connect } from "../wire/socket.js";
import { createTaskStore } from "./store.js";

/**
 * @typedef {import("./store.js").TaskState} TaskState
 * @typedef {import("./store.js").TaskStore} TaskStore
 * @typedef {import("../wire/socket.js").Socket} Socket
 * @typedef {{ store: TaskStore, socket: Socket, page: any }} TaskContext
 */

const TELL_AT = [25, 50, 75]; // percent, to those who listen
const GONE = "run_not_found";

/**
 * Follows the run of a page and starts the components of the page.
 *
 * @param {{ run: import("../run/types.d.ts").Run }} page what the server knew
 * @param {"sweepResult" | "trainingCompared"} ends the event that holds the result
 */
export function startTask(page, ends) {
  const id = page.run.run_id ?? "";
  const socket = connect("/ws/training/");
  const store = createTaskStore(page.run);
  followConnection(socket);
  socket.on("error", (failure, replyTo) => {
    if (replyTo || failure.event !== "watchTraining") return;
    if (failure.code === GONE) socket.unwatch(id); // or else it would be asked for after each reconnect
    store.send({ type: "complained", failure });
  });
  socket.on("sweepProgress", (data) => store.send({ ...data, type: "sweepProgress" }));
  socket.on(ends, (/** @type {any} */ data) => store.send({ ...data, type: "ended" }));
  socket.on("trainingCancelled", (data) => store.send({ ...data, type: "trainingCancelled" }));
  startComponents({ store, socket, page });
  socket.watch(id, 0);
}

/** <task-progress>: how far it is, for how long it has been going, how long it will take, and the button that stops it. */
class TaskProgress extends Component {
  #began = 0; // as if it had gone on without a break
  #told = 0; // percent
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  /** @param {TaskContext} context */
  start({ store, socket }) {
    const { run } = store.state;
    const stop = this.one("#stop", HTMLButtonElement);
    this.#began = performance.now() - 1000 * (run.elapsed ?? 0);
    stop.addEventListener("click", () => {
      stop.disabled = true;
      socket.emit("cancelTraining", { run_id: run.run_id });
    });
    store.watch(({ progress }) => progress, () => this.#hear(store.state));
    store.watch(({ phase }) => phase, (phase) => {
      if (phase === "stopped") announce("It was stopped.");
      if (isOver(store.state)) {
        stop.hidden = true;
        clearInterval(this.#ticking);
      }
      if (isOver(store.state) || !run.over) this.#draw(store.state);
    });
    if (!run.over) this.#ticking = setInterval(() => this.#draw(store.state), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
  }

  /** @param {TaskState} state */
  #hear(state) {
    const { run, progress: message, scores } = state;
    if (!message) return;
    this.one("#progress", HTMLProgressElement).value = message.progress;
    if (run.over) return;
    // It may have waited until now.
    if (scores.length === message.results.length && run.elapsed === null) this.#began = performance.now();
    const passed = TELL_AT.filter((percent) => message.progress >= percent).at(-1) ?? 0;
    if (passed > this.#told && message.progress < 100) announce(`${passed} percent done.`);
    this.#told = Math.max(this.#told, passed);
    this.#draw(state);
  }

  /** @param {TaskState} state */
  #draw(state) {
    this.one("#status").textContent = this.#describe(state);
  }

  /** @param {TaskState} state */
  #describe({ run, phase, progress }) {
    const { done = 0, total = 0, eta_seconds: left = null } = progress ?? {};
    const seconds = run.over ? (run.elapsed ?? 0) : (performance.now() - this.#began) / 1000;
    const count = `${done.toLocaleString()} of ${total.toLocaleString()} trainings`;
    if (phase === "done") return `Done: ${total.toLocaleString()} trainings in ${formatSeconds(seconds)}.`;
    if (phase === "failed") return total ? `It failed after ${count}.` : "It failed before it began.";
    if (phase === "stopped") return total ? `Stopped after ${count}.` : "Stopped before it began.";
    if (!total) return "Queued, or starting …";
    const rest = left && done < total ? ` · about ${formatSeconds(left)} left` : "";
    return `${count} · ${formatSeconds(seconds)} so far${rest}`;
  }
}

/** <task-failure>: what went wrong last. */
class TaskFailure extends Component {
  /** @param {TaskContext} context */
  start({ store }) {
    store.watch(({ failure }) => failure, (failure) => {
      this.hidden = !failure;
      if (failure) this.replaceChildren(element("strong", {}, failure.message), ` ${failure.hint ?? ""}`);
    });
  }
}

customElements.define("task-progress", TaskProgress);
customElements.define("task-failure", TaskFailure);
