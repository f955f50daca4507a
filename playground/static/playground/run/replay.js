/* The replay of a run: a slider over its epochs, which the curves follow. Called by the run panel. */

import { element, find, formatNumber, formatShare } from "../ui/dom.js";

const PLAY_SECONDS = 6; // however many epochs there are
const still = window.matchMedia("(prefers-reduced-motion: reduce)");

let rows = [];
let charts = [];
let playing = null;

export function startReplay(curves) {
  charts = curves;
  find("replay-epoch").addEventListener("input", () => {
    stop();
    show();
  });
  find("replay-play").addEventListener("click", () => (playing ? stop() : play()));
}

export function clearReplay() {
  stop();
  rows = [];
  find("replay").hidden = true;
}

/** More epochs have arrived. Whoever looks at the last one goes on doing so. */
export function addToReplay(more) {
  const slider = find("replay-epoch");
  const isAtEnd = Number(slider.value) >= rows.length;
  rows.push(...more);
  slider.max = rows.length;
  if (isAtEnd && !playing) slider.value = rows.length;
  find("replay").hidden = rows.length < 2;
  describe();
}

function play() {
  const slider = find("replay-epoch");
  const from = Number(slider.value) >= rows.length ? 1 : Number(slider.value);
  const began = performance.now();
  find("replay-play").textContent = "Pause";
  const frame = (now) => {
    // Without motion, in ten steps rather than one a frame.
    const share = Math.min(1, (now - began) / 1000 / PLAY_SECONDS);
    const position = from + (still.matches ? Math.floor(share * 10) / 10 : share) * (rows.length - from);
    slider.value = Math.round(position);
    show();
    if (share < 1) playing = requestAnimationFrame(frame);
    else stop();
  };
  playing = requestAnimationFrame(frame);
}

function stop() {
  if (playing) cancelAnimationFrame(playing);
  playing = null;
  find("replay-play").textContent = "Play";
}

function show() {
  const position = Number(find("replay-epoch").value);
  for (const chart of charts) chart.seek(position >= rows.length ? Infinity : rows[position - 1].epoch);
  describe();
}

function describe() {
  const slider = find("replay-epoch");
  const row = rows[Number(slider.value) - 1];
  if (!row) return;
  const parts = [`epoch ${row.epoch} of ${rows.at(-1).epoch}`];
  const pair = (name, train, test, write) => test !== null && parts.push(`${name} ${train === null ? "" : `${write(train)} on training rows, `}${write(test)} on test rows`);
  pair("loss", row.train_loss, row.test_loss, (value) => formatNumber(value, 3));
  pair("accuracy", row.train_acc, row["val/test acc"], formatShare);
  slider.setAttribute("aria-valuetext", parts.join("; "));
  find("replay-numbers").replaceChildren(...parts.map((part) => element("span", {}, part)));
}
