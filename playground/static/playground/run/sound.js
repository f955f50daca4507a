/* <run-sound>: the loss as a tone, high while it is high, and falling with it. Off until somebody switches it on. */

import { Component } from "../ui/component.js";
import { isOver } from "./store.js";

const KEY = "playground.sound";
const LOUD = 0.07;
const LOWEST = 220; // hertz, of a loss of zero
const OCTAVES = 2; // above it, the first loss
const HIGHEST = 1.25; // a loss that grows goes so many times as far
const LISTEN_SECONDS = 3; // however many epochs there are
const EPOCH_SECONDS = 0.015; // while they arrive, at most: a fast run's are heard in
const BUNCH_SECONDS = 1.5;
const MOST_TONES = 60; // of what is played at once

/** @typedef {{ context: AudioContext, oscillator: OscillatorNode, gain: GainNode, until: number }} Voice what sounds now */

class RunSound extends Component {
  /** @type {AudioContext | null} */
  #context = null;
  /** @type {Voice | null} */
  #voice = null;
  /** @type {number[]} */
  #losses = []; // of the run that is shown
  #heard = 0; // how many of its epochs

  /** @param {import("./types.d.ts").RunContext} context */
  start({ store }) {
    const isOn = this.one("#sound", HTMLInputElement);
    isOn.checked = readChoice();
    isOn.addEventListener("change", () => {
      keepChoice(isOn.checked);
      if (!isOn.checked) this.#hush();
    });
    this.one("#sound-play").addEventListener("click", () => (this.#voice ? this.#hush() : this.#listen()));
    store.watch(
      ({ run }) => run?.run_id,
      () => this.#hush(),
    );
    store.watch(
      ({ epochs }) => epochs,
      (epochs) => {
        const more = epochs.slice(epochs.length < this.#heard ? 0 : this.#heard);
        if (epochs.length === more.length) this.#losses = [];
        this.#heard = epochs.length;
        this.#hear(
          more.map((row) => row.train_loss),
          store.state.isLive && isOn.checked,
        );
      },
    );
    store.watch(isOver, (isEnded) => isEnded && this.#stopAt(this.#voice?.until));
  }

  /**
   * Losses of new epochs.
   *
   * @param {(number | null)[]} more
   * @param {boolean} isToSound whether somebody waits for them, and wants to hear them
   */
  #hear(more, isToSound) {
    const known = more.filter(isFiniteLoss);
    this.#losses.push(...known);
    // Without a gesture of the visitor's the browser would keep silent, and say so in the console.
    if (!known.length || !isToSound || navigator.userActivation?.hasBeenActive === false) return;
    this.#speak(known, Math.min(BUNCH_SECONDS, Math.max(0.1, known.length * EPOCH_SECONDS)));
  }

  #listen() {
    if (!this.#losses.length) return;
    this.#speak(this.#losses, LISTEN_SECONDS);
    this.#stopAt(this.#voice?.until);
  }

  /**
   * Appends these to what sounds already; leaves them out where that would fall behind.
   *
   * @param {number[]} values
   * @param {number} seconds
   */
  #speak(values, seconds) {
    const high = this.#losses[0];
    this.#voice ??= this.#begin();
    const voice = this.#voice;
    const now = voice.context.currentTime;
    const from = Math.max(now, voice.until);
    if (from - now > BUNCH_SECONDS) return;
    const step = Math.ceil(values.length / MOST_TONES);
    const tones = values.filter((_, index) => index % step === 0 || index === values.length - 1);
    tones.forEach((loss, index) => {
      const at = from + (seconds * (index + 1)) / tones.length;
      voice.oscillator.frequency.linearRampToValueAtTime(pitchOf(loss, high), at);
    });
    voice.until = from + seconds;
    voice.gain.gain.cancelScheduledValues(from);
    voice.gain.gain.setTargetAtTime(LOUD, from, 0.01);
    voice.gain.gain.setTargetAtTime(0, voice.until, 0.05);
  }

  /** @returns {Voice} */
  #begin() {
    this.#context ??= new AudioContext();
    const context = this.#context;
    void context.resume();
    const oscillator = new OscillatorNode(context, { type: "triangle", frequency: LOWEST * 2 ** OCTAVES });
    const gain = new GainNode(context, { gain: 0 });
    oscillator.connect(gain).connect(context.destination);
    oscillator.start();
    this.one("#sound-play").textContent = "Silence";
    const begun = { context, oscillator, gain, until: context.currentTime };
    oscillator.addEventListener("ended", () => this.#voice === begun && this.#forget());
    return begun;
  }

  /** @param {number | undefined} time undefined where nothing sounds */
  #stopAt(time) {
    if (time !== undefined) this.#voice?.oscillator.stop(time + 0.3);
  }

  #hush() {
    if (!this.#voice) return;
    const { gain, context } = this.#voice;
    gain.gain.cancelScheduledValues(0);
    gain.gain.setTargetAtTime(0, context.currentTime, 0.01);
    this.#stopAt(context.currentTime);
    this.#forget();
  }

  #forget() {
    this.#voice = null;
    this.one("#sound-play").textContent = "Listen";
  }
}

/**
 * @param {number | null} loss
 * @returns {loss is number}
 */
const isFiniteLoss = (loss) => Number.isFinite(loss);

/**
 * The hertz of a loss, beside the one that counts as high.
 *
 * @param {number} loss
 * @param {number} high
 */
const pitchOf = (loss, high) => LOWEST * 2 ** (OCTAVES * Math.min(HIGHEST, Math.max(0, high > 0 ? loss / high : 0)));

function readChoice() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

/** @param {boolean} isOn */
function keepChoice(isOn) {
  try {
    localStorage.setItem(KEY, isOn ? "on" : "off");
  } catch {
    // Not allowed: then it holds until the page is left.
  }
}

customElements.define("run-sound", RunSound);
