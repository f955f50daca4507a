/* The Train page opened for a lab: set up for it once, and lit up when a run has earned it. Loaded before app.js. */

import { find, readJson } from "../ui/dom.js";
import { parseSetup } from "../train/setup.js";
import { store as setup } from "../train/state.js";
import { followEarnings } from "./earnings.js";
import { createEarningsStore, earnedFor } from "./store.js";

const KEY = "playground.lab"; // the lab that the setup was last made for: a reload keeps what was changed since

const lab = find("lab");
const [moduleID, sectionID, questionID] = lab.dataset.key.split("/");
const status = find("lab-status"); // a live region of its own: the announcer is busy with the result at this moment
const store = createEarningsStore();

if (sessionStorage.getItem(KEY) !== lab.dataset.key) {
  setup.change("data", parseSetup(readJson("lab-setup")));
  sessionStorage.setItem(KEY, lab.dataset.key);
}

store.watch(
  ({ progress }) => progress,
  (progress) => {
    if (!progress) return;
    const points = earnedFor(store.state, { moduleID, sectionID, questionID });
    if (points !== undefined) status.textContent = `✓ Earned: ${points} points.`;
    else if (lab.classList.contains("earned")) status.textContent = ""; // a teacher took it back
    lab.classList.toggle("earned", points !== undefined);
  },
);
store.watch(
  ({ tried }) => tried,
  (tried) => {
    const isThis = tried?.moduleID === moduleID && tried.sectionID === sectionID && tried.questionID === questionID;
    if (isThis && !lab.classList.contains("earned")) status.textContent = `Not yet. ${tried.shortfalls.join(" ")}`;
  },
);
followEarnings(store);
