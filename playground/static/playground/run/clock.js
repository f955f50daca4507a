/* The line above the curves: how far a run is, for how long it has been going, and how long it will take. */

import { announce, find, formatSeconds } from "../ui/dom.js";

const QUIET_AFTER = 10; // seconds without news; then what was said of the time left is old
const TELL_AT = [25, 50, 75]; // percent, to those who listen

let began = 0;
let ticking = null;
let line = "";
let left = null; // seconds, as of when they were told
let told = 0;
let heard = 0; // when there was news last

/** The clock starts at `elapsed` seconds. */
export function startClock(elapsed) {
  stopClock();
  began = performance.now() - 1000 * elapsed;
  line = "";
  left = null;
  told = 0;
  find("progress").value = 0;
  ticking = setInterval(write, 1000);
}

export function stopClock() {
  clearInterval(ticking);
  ticking = null;
}

export const readClock = () => (performance.now() - began) / 1000;

/** What a run's progress says. `isLive`: it has just happened, and was not stored long ago. */
export function showProgressOf({ epochs, progress, eta_seconds: eta }, isLive) {
  const epoch = epochs.at(-1).epoch;
  const total = progress > 0 ? Math.round((100 * epoch) / progress) : epoch;
  line = `Epoch ${epoch.toLocaleString()} of ${total.toLocaleString()}`;
  left = progress < 100 ? eta : null;
  find("progress").value = progress;
  const passed = TELL_AT.filter((percent) => progress >= percent).at(-1) ?? 0;
  if (isLive && passed > told && progress < 100) announce(`${passed} percent done, epoch ${epoch}.`);
  told = Math.max(told, passed);
  heard = performance.now();
  write();
}

function write() {
  if (!line) return;
  const parts = [line, `${formatSeconds(readClock())} so far`];
  const silence = (performance.now() - heard) / 1000;
  if (silence > QUIET_AFTER) parts.push(`no news for ${formatSeconds(silence)}, still waiting`);
  else if (left) parts.push(left < 1 ? "nearly done" : `about ${formatSeconds(left)} left`);
  find("status").textContent = parts.join(" · ");
}
