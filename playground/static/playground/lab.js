/* The Train page opened for a lab: set up for it once, and lit up when a run has earned it. Loaded before app.js. */

import { announce, find } from "./dom.js";
import { followEarnings } from "./earnings.js";
import { change } from "./state.js";

const KEY = "playground.lab"; // the lab that the setup was last made for: a reload keeps what was changed since

const lab = find("lab");
const [moduleID, sectionID, questionID] = lab.dataset.key.split("/");

if (sessionStorage.getItem(KEY) !== lab.dataset.key) {
  change("data", JSON.parse(find("lab-setup").textContent));
  sessionStorage.setItem(KEY, lab.dataset.key);
}

followEarnings((progress, news) => {
  lab.classList.toggle("earned", progress[moduleID]?.[sectionID]?.[questionID] !== undefined);
  if (news?.questionID === questionID) announce(`The lab is earned: ${news.points} points.`);
});
