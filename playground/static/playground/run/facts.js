/* What a run was: its target, how its table was read and its rows were divided, and what cross-validation came to.
   Called by the run panel. */

import { element, find } from "../ui/dom.js";
import { formatMetric, metricName } from "../ui/headline.js";
import { writeField } from "../ui/wording.js";

const NAMES = {
  target: "Target",
  problem_type: "Problem type",
  features: "Features",
  column_types: "Column types",
  reading: "Import options",
  split: "Split",
  test_size: "Test set size",
  folds: "Folds",
  shuffle: "Shuffle",
  weight: "Weight column",
  class_weight: "Class weight",
  threshold: "Decision threshold",
  seed: "Seed",
};

/** Known from the first moment on, where the page knows it. */
export function showTarget(target) {
  find("run-target").replaceChildren(...(target ? ["Target: ", element("strong", { title: target }, target)] : []));
}

export function clearFacts() {
  find("facts").replaceChildren();
  find("facts-box").open = false;
  find("folds-box").hidden = true;
}

export function showFacts({ spec, target, cross_validation: folds, split, split_check: check, sentence }) {
  const said = [split?.sentence, check && check.sentence !== sentence ? check.sentence : ""]; // one that leaks is the run's own sentence
  find("split-sentence").textContent = said.filter(Boolean).join(" ");
  const values = { ...spec, target, split: spec.split ?? { kind: "random" } };
  const known = Object.entries(NAMES).filter(([name]) => !isNothing(values[name]));
  find("facts").replaceChildren(...known.flatMap(([name, label]) => [element("dt", {}, label), element("dd", {}, ...write(name, values[name]))]));
  find("folds-box").hidden = !folds;
  if (folds) showFolds(folds);
}

const isNothing = (value) => value === null || value === undefined || (typeof value === "object" && Object.keys(value).length === 0);

function write(name, value) {
  const texts = writeField(name, value) ?? (Array.isArray(value) ? value : [typeof value === "boolean" ? (value ? "yes" : "no") : String(value)]);
  return texts.length === 1 ? texts : [element("ul", {}, ...texts.map((text) => element("li", {}, text)))];
}

/** Mean and spread in the server's sentence, and the score of each fold; of one that failed there is none. */
function showFolds({ metric, scores, sentence }) {
  find("folds-summary").textContent = sentence;
  find("folds-head").replaceChildren(element("tr", {}, element("th", { scope: "col" }, "fold"), element("th", { scope: "col" }, metricName(metric))));
  find("folds-rows").replaceChildren(...scores.map((score, position) => element("tr", {}, element("th", { scope: "row" }, String(position + 1)), element("td", {}, formatMetric(metric, score)))));
}
