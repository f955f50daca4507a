/* The decision threshold of two classes: a slider, and what the test rows would come to. Called by the run panel. */

import { element, find, formatNumber, formatShare } from "../ui/dom.js";
import { confusionHead } from "./results.js";

const STEPS = 100; // of the counts: thresholds 0.00, 0.01, … 1.00

let shown = null; // { told, classes, start }

export function startThreshold() {
  find("threshold-slider").addEventListener("input", draw);
  find("threshold-train").addEventListener("click", () => shown.start([{ op: "add", path: "/threshold", value: chosen() / STEPS }]));
}

/** `start(patch)` starts an experiment; null where the run cannot be repeated. */
export function showThreshold({ threshold: told, category_list: classes }, start) {
  find("threshold-box").hidden = !told;
  if (!told) return;
  shown = { told, classes, start };
  find("threshold-positive").textContent = told.positive;
  find("threshold-slider").value = Math.round(STEPS * (told.value ?? 0.5));
  find("threshold-train").hidden = !start;
  draw();
}

const chosen = () => Number(find("threshold-slider").value);

function draw() {
  const { told, classes } = shown;
  const [hits, alarms] = [told.hits[chosen()], told.alarms[chosen()]];
  const [positives, negatives] = [told.hits[0], told.alarms[0]];
  const right = hits + negatives - alarms;
  const share = (part, whole) => (whole ? formatShare(part / whole) : "–");
  const written = formatNumber(chosen() / STEPS, 2);
  find("threshold-slider").setAttribute("aria-valuetext", `${written} of the probability of ${told.positive}`);
  find("threshold-value").textContent = written;
  find("threshold-numbers").textContent =
    `Precision ${share(hits, hits + alarms)}, recall ${share(hits, positives)}, accuracy ${share(right, positives + negatives)}.`;
  find("threshold-matrix").replaceChildren(
    confusionHead(classes),
    element("tbody", {}, counts(classes[0], negatives - alarms, alarms), counts(classes[1], positives - hits, hits)),
  );
  const isRuns = Math.abs((told.value ?? Number.NaN) - chosen() / STEPS) < 1e-9;
  find("threshold-train").disabled = isRuns;
}

const counts = (name, first, second) =>
  element("tr", {}, element("th", { scope: "row", title: name }, name), element("td", {}, formatNumber(first)), element("td", {}, formatNumber(second)));
