/* The scores of many trainings, as they come: by combination and seed, with their mean and how far they lie apart. */

/** One a combination, in the order in which they were asked for. */
export function makeTrials({ combinations, seeds }) {
  return combinations.map(({ values, changes }, number) => ({ number, values, changes, seeds, scores: new Map(), messages: new Map(), baselines: new Map(), metric: "" }));
}

export function addScore(trials, { combination, seed, metric, score, baseline, message }) {
  const trial = trials[combination];
  if (!trial) return;
  trial.scores.set(seed, score);
  if (metric) trial.metric = metric;
  if (message) trial.messages.set(seed, message);
  if (baseline !== null) trial.baselines.set(seed, baseline);
}

const known = (trial) => [...trial.scores.values()].filter((score) => score !== null);

/** Null where there is none. */
export function meanOf(trial) {
  return mean(known(trial));
}

export const countScores = (trial) => known(trial).length;

export const baselineOf = (trial) => mean([...trial.baselines.values()]);

/** The standard deviation of a sample; null for fewer than two scores. */
export function spreadOf(trial) {
  const scores = known(trial);
  if (scores.length < 2) return null;
  const middle = mean(scores);
  return Math.sqrt(scores.reduce((sum, score) => sum + (score - middle) ** 2, 0) / (scores.length - 1));
}

/** As the server ranks them: what failed with some seeds comes after what never did. */
export function rank(trials) {
  const failed = (trial) => [...trial.scores.values()].some((score) => score === null);
  return trials.toSorted((a, b) => failed(a) - failed(b) || (meanOf(b) ?? -Infinity) - (meanOf(a) ?? -Infinity) || a.number - b.number);
}

/** How far two scores lie apart; accuracies in percentage points. */
export function formatGap(metric, value) {
  return metric === "accuracy" ? `${(100 * value).toFixed(1)} points` : String(Number(value.toPrecision(2)));
}

const mean = (values) => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : null);
