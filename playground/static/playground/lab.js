/* The Train page opened for a lab: set up for it once, and lit up when a run has earned it. Loaded before app.js. */

import { find } from "./dom.js";
import { followEarnings } from "./earnings.js";
import { parseSetup } from "./setup.js";
import { change } from "./state.js";

const KEY = "playground.lab"; // the lab that the setup was last made for: a reload keeps what was changed since

const lab = find("lab");
const [moduleID, sectionID, questionID] = lab.dataset.key.split("/");

if (sessionStorage.getItem(KEY) !== lab.dataset.key) {
  change("data", parseSetup(JSON.parse(find("lab-setup").textContent)));
  sessionStorage.setItem(KEY, lab.dataset.key);
}

followEarnings((progress) => {
  const points = progress[moduleID]?.[sectionID]?.[questionID];
  lab.classList.toggle("earned", points !== undefined);
  // A live region of its own: the page's announcer is busy with the result at this moment.
  find("lab-status").textContent = points === undefined ? "" : `✓ Earned: ${points} points.`;
});
