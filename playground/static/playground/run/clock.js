/* <run-progress>: how far a run is, for how long it has been going, how long it will take, and the button that stops it. */

import { announce } from "../ui/announcer.js";
import { Component } from "../ui/component.js";
import { formatSeconds } from "../ui/dom.js";
import { isOver, lastEpochOf } from "./store.js";

/** @typedef {import("./types.d.ts").RunState} RunState */

const QUIET_AFTER = 10; // seconds without news; then what was said of the time left is old
const TELL_AT = [25, 50, 75]; // percent, to those who listen

class RunProgress extends Component {
  #began = 0; // as if it had gone on without a break
  #heard = 0; // when there was news last
  #told = 0; // percent
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #ticking;

  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, socket }) {
    const stop = this.one("#stop", HTMLButtonElement);
    stop.addEventListener("click", () => {
      stop.disabled = true;
      socket.emit("cancelTraining", { run_id: store.state.run?.run_id });
    });
    store.watch(
      ({ run }) => run?.run_id,
      () => this.#begin(store.state),
    );
    store.watch(
      ({ progress }) => progress,
      () => this.#hear(store.state),
    );
    store.watch(
      ({ phase }) => phase,
      () => this.#draw(store.state),
    );
    this.#ticking = setInterval(() => store.state.phase === "running" && this.#draw(store.state), 1000);
  }

  disconnectedCallback() {
    clearInterval(this.#ticking);
  }

  /** @param {RunState} state */
  #begin(state) {
    this.#setClock(state.run?.elapsed ?? 0);
    this.#told = 0;
    this.one("#stop", HTMLButtonElement).disabled = false;
    this.one("#progress").hidden = !state.run?.run_id;
    this.#draw(state);
  }

  /** @param {number} seconds that it has been going */
  #setClock(seconds) {
    this.#began = performance.now() - 1000 * seconds;
  }

  /** @param {RunState} state with more progress than before */
  #hear(state) {
    const { run, epochs, progress: message, isLive } = state;
    if (!message) return;
    // It may have waited until now.
    if (epochs.length === message.epochs.length && !run?.elapsed) this.#setClock(sumTime(epochs));
    const { progress } = message;
    const passed = TELL_AT.filter((percent) => progress >= percent).at(-1) ?? 0;
    if (isLive && passed > this.#told && progress < 100)
      announce(`${passed} percent done, epoch ${lastEpochOf(state)}.`);
    this.#told = Math.max(this.#told, passed);
    this.#heard = performance.now();
    this.#draw(state);
  }

  /** @param {RunState} state */
  #draw(state) {
    const { run, phase, epochs, progress } = state;
    this.one("#stop").hidden = !run?.run_id || isOver(state);
    this.one("#progress", HTMLProgressElement).value = phase === "done" ? 100 : (progress?.progress ?? 0);
    this.one("#epoch-count").textContent = String(epochs.length);
    this.one("#status").textContent = this.#describe(state);
  }

  /** @param {RunState} state */
  #describe(state) {
    const last = lastEpochOf(state);
    switch (state.phase) {
      case "loading":
        return "Loading the run …";
      case "waiting":
        return state.position > 1 ? `Waiting: ${state.position - 1} before this one.` : "Starting …";
      case "running":
        return this.#describeTime(state);
      case "done":
        return this.#describeEnd(state);
      case "stopped":
        return `Stopped after ${last} epochs.`;
      case "failed":
        if (!state.run?.run_id) return "It was not started.";
        return last ? `Failed after ${last.toLocaleString()} ${last === 1 ? "epoch" : "epochs"}.` : "It failed.";
    }
  }

  /** @param {RunState} state */
  #describeTime(state) {
    const { progress: percent, eta_seconds: left } = state.progress ?? { progress: 0, eta_seconds: null };
    const epoch = lastEpochOf(state);
    const total = percent > 0 ? Math.round((100 * epoch) / percent) : epoch;
    const parts = [`Epoch ${epoch.toLocaleString()} of ${total.toLocaleString()}`];
    parts.push(`${formatSeconds(this.#read())} so far`);
    const silence = (performance.now() - this.#heard) / 1000;
    if (silence > QUIET_AFTER) parts.push(`no news for ${formatSeconds(silence)}, still waiting`);
    else if (left && percent < 100) parts.push(left < 1 ? "nearly done" : `about ${formatSeconds(left)} left`);
    return parts.join(" · ");
  }

  /** @param {RunState} state with a result. Seconds are by this page's clock, or of a run that was over before, its own. */
  #describeEnd({ run, isLive, result }) {
    const rows = result?.dl_results ?? [];
    const seconds = isLive ? this.#read() : (run?.elapsed ?? sumTime(rows));
    return `Done after ${rows.length.toLocaleString()} ${rows.length === 1 ? "step" : "epochs"} in ${formatSeconds(seconds)}.`;
  }

  /** Seconds. */
  #read() {
    return (performance.now() - this.#began) / 1000;
  }
}

/** @param {{ train_time: number }[]} rows */
const sumTime = (rows) => rows.reduce((total, row) => total + row.train_time, 0);

customElements.define("run-progress", RunProgress);
