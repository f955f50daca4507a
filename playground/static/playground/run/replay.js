/* <run-replay>: a slider over the epochs of a run, which the curves and the decision boundary follow. */

import { Component } from "../ui/component.js";
import { element, formatNumber, formatShare } from "../ui/dom.js";
import { replayOf } from "./store.js";

const PLAY_SECONDS = 6; // however many epochs there are

class RunReplay extends Component {
  /** @type {import("../wire/types.d.ts").EpochRow[]} */
  #rows = [];
  #playing = 0; // the frame of the screen that comes next; 0 while it stands still

  /** @param {import("./types.d.ts").RunContext} context */
  start({ store }) {
    const seek = () => this.#seek(store);
    store.watch(
      ({ run }) => run?.run_id,
      () => this.#stop(),
    );
    store.watch(replayOf, (rows) => this.#show(rows));
    this.#slider.addEventListener("input", () => {
      this.#stop();
      seek();
    });
    this.#button.addEventListener("click", () => (this.#playing ? this.#stop() : this.#play(seek)));
  }

  get #slider() {
    return this.one("#replay-epoch", HTMLInputElement);
  }

  get #button() {
    return this.one("#replay-play");
  }

  /**
   * Where the last epoch is looked at, it goes on being so.
   *
   * @param {import("../wire/types.d.ts").EpochRow[]} rows
   */
  #show(rows) {
    const isAtEnd = Number(this.#slider.value) >= this.#rows.length;
    this.#rows = rows;
    this.#slider.max = String(Math.max(1, rows.length));
    if (isAtEnd && !this.#playing) this.#slider.value = this.#slider.max;
    this.hidden = rows.length < 2;
    this.#describe();
  }

  /** @param {() => void} seek */
  #play(seek) {
    const still = window.matchMedia("(prefers-reduced-motion: reduce)");
    const chosen = Number(this.#slider.value);
    const from = chosen >= this.#rows.length ? 1 : chosen;
    const began = performance.now();
    this.#button.textContent = "Pause";
    /** @param {number} now */
    const frame = (now) => {
      // Without motion, in ten steps rather than one a frame.
      const share = Math.min(1, (now - began) / 1000 / PLAY_SECONDS);
      const position = from + (still.matches ? Math.floor(share * 10) / 10 : share) * (this.#rows.length - from);
      this.#slider.value = String(Math.round(position));
      seek();
      if (share < 1) this.#playing = requestAnimationFrame(frame);
      else this.#stop();
    };
    this.#playing = requestAnimationFrame(frame);
  }

  #stop() {
    cancelAnimationFrame(this.#playing);
    this.#playing = 0;
    this.#button.textContent = "Play";
  }

  /** @param {import("./types.d.ts").RunStore} store */
  #seek(store) {
    const position = Number(this.#slider.value);
    store.send({ type: "sought", until: position >= this.#rows.length ? Infinity : this.#rows[position - 1].epoch });
    this.#describe();
  }

  #describe() {
    const row = this.#rows[Number(this.#slider.value) - 1];
    const last = this.#rows.at(-1);
    if (!row || !last) return;
    const parts = [
      `epoch ${row.epoch} of ${last.epoch}`,
      tellPair("loss", row.train_loss, row.test_loss, (value) => formatNumber(value, 3)),
      tellPair("accuracy", row.train_acc, row["val/test acc"], formatShare),
    ].filter(Boolean);
    this.#slider.setAttribute("aria-valuetext", parts.join("; "));
    this.one("#replay-numbers").replaceChildren(...parts.map((part) => element("span", {}, part)));
  }
}

/**
 * @param {string} name
 * @param {number | null} train
 * @param {number | null} test
 * @param {(value: number) => string} write
 */
function tellPair(name, train, test, write) {
  if (test === null) return "";
  return `${name} ${train === null ? "" : `${write(train)} on training rows, `}${write(test)} on test rows`;
}

customElements.define("run-replay", RunReplay);
