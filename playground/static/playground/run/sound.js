/* The loss as a tone: high while it is high, and falling with it. Off until somebody switches it on. Called by the run panel. */

import { find } from "../ui/dom.js";

const KEY = "playground.sound";
const LOUD = 0.07;
const LOWEST = 220; // hertz, of a loss of zero
const OCTAVES = 2; // above it, the first loss
const HIGHEST = 1.25; // a loss that grows goes so many times as far
const LISTEN_SECONDS = 3; // however many epochs there are
const EPOCH_SECONDS = 0.015; // while they arrive, at most: a fast run's are heard in
const BUNCH_SECONDS = 1.5;
const MOST_TONES = 60; // of what is played at once

let context = null;
let voice = null; // { oscillator, gain, until }: what sounds now
let losses = []; // of the run that is shown

export function startSound() {
  find("sound").checked = read();
  find("sound").addEventListener("change", () => {
    store(find("sound").checked);
    if (!find("sound").checked) hush();
  });
  find("sound-play").addEventListener("click", () => (voice ? hush() : listen()));
}

export function clearSound() {
  hush();
  losses = [];
}

/** Losses of new epochs. They sound where the switch is on and `isLive`: somebody waits for them. */
export function hearEpochs(more, isLive) {
  const known = more.filter(Number.isFinite);
  losses.push(...known);
  // Without a gesture of the visitor's the browser would keep silent, and say so in the console.
  if (!known.length || !isLive || !find("sound").checked || navigator.userActivation?.hasBeenActive === false) return;
  speak(known, losses[0], Math.min(BUNCH_SECONDS, Math.max(0.1, known.length * EPOCH_SECONDS)));
}

export function endSound() {
  if (voice) stopAt(voice.until);
}

/** The hertz of a loss, beside the one that counts as high. */
const pitchOf = (loss, high) => LOWEST * 2 ** (OCTAVES * Math.min(HIGHEST, Math.max(0, high > 0 ? loss / high : 0)));

function listen() {
  if (!losses.length) return;
  speak(losses, losses[0], LISTEN_SECONDS);
  stopAt(voice.until);
}

/** Appends these to what sounds already; leaves them out where that would fall behind. */
function speak(values, high, seconds) {
  voice ??= begin();
  const from = Math.max(context.currentTime, voice.until);
  if (from - context.currentTime > BUNCH_SECONDS) return;
  const step = Math.ceil(values.length / MOST_TONES);
  const tones = values.filter((_, index) => index % step === 0 || index === values.length - 1);
  tones.forEach((loss, index) => voice.oscillator.frequency.linearRampToValueAtTime(pitchOf(loss, high), from + (seconds * (index + 1)) / tones.length));
  voice.until = from + seconds;
  voice.gain.gain.cancelScheduledValues(from);
  voice.gain.gain.setTargetAtTime(LOUD, from, 0.01);
  voice.gain.gain.setTargetAtTime(0, voice.until, 0.05);
}

function begin() {
  context ??= new AudioContext();
  context.resume();
  const oscillator = new OscillatorNode(context, { type: "triangle", frequency: LOWEST * 2 ** OCTAVES });
  const gain = new GainNode(context, { gain: 0 });
  oscillator.connect(gain).connect(context.destination);
  oscillator.start();
  find("sound-play").textContent = "Silence";
  const begun = { oscillator, gain, until: context.currentTime };
  oscillator.addEventListener("ended", () => voice === begun && forget());
  return begun;
}

function stopAt(time) {
  voice.oscillator.stop(time + 0.3);
}

function hush() {
  if (!voice) return;
  voice.gain.gain.cancelScheduledValues(0);
  voice.gain.gain.setTargetAtTime(0, context.currentTime, 0.01);
  stopAt(context.currentTime);
  forget();
}

function forget() {
  voice = null;
  find("sound-play").textContent = "Listen";
}

function read() {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

function store(isOn) {
  try {
    localStorage.setItem(KEY, isOn ? "on" : "off");
  } catch {
    // Not allowed: then it holds until the page is left.
  }
}
