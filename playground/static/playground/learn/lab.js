/* The Train page opened for a lab: set up for it once, and lit up when a run has earned it. Loaded before app.js. */

import { find } from "../ui/dom.js";
import { followEarnings } from "./earnings.js";
import { parseSetup } from "../train/setup.js";
import { change } from "../train/state.js";

const KEY = "playground.lab"; // the lab that the setup was last made for: a reload keeps what was changed since

const lab = find("lab");
const [moduleID, sectionID, questionID] = lab.dataset.key.split("/");

if (sessionStorage.getItem(KEY) !== lab.dataset.key) {
  change("data", parseSetup(JSON.parse(find("lab-setup").textContent)));
  sessionStorage.setItem(KEY, lab.dataset.key);
}

// A live region of its own: the page's announcer is busy with the result at this moment.
const status = find("lab-status");

followEarnings((progress) => {
  const points = progress[moduleID]?.[sectionID]?.[questionID];
  const earned = points !== undefined;
  if (earned) status.textContent = `✓ Earned: ${points} points.`;
  else if (lab.classList.contains("earned")) status.textContent = ""; // a teacher took it back
  lab.classList.toggle("earned", earned);
}).on("labTried", (tried) => {
  const isThis = tried.moduleID === moduleID && tried.sectionID === sectionID && tried.questionID === questionID;
  if (isThis && !lab.classList.contains("earned")) status.textContent = `Not yet. ${tried.shortfalls.join(" ")}`;
});
