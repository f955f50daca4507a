/* The state of the run that a page shows: how its events, live or replayed, change it. */

import { createStore } from "../ui/store.js";
import { diagnoseFailure, settleCards } from "./diagnosis.js";

/**
 * @typedef {import("./types.d.ts").Run} Run
 * @typedef {import("./types.d.ts").RunState} RunState
 * @typedef {import("./types.d.ts").RunEvent} RunEvent
 */

/** @type {RunState} */
const NOTHING = {
  run: null,
  phase: "loading",
  position: 0,
  isLive: false,
  epochs: [],
  progress: null,
  boundaries: [],
  result: null,
  failure: null,
  cards: [],
  insights: null,
  artifacts: [],
  isComplete: false,
  until: Infinity,
  cell: null,
};

/** @returns {import("./types.d.ts").RunStore} */
export const createRunStore = () => createStore(reduce, NOTHING);

/** @type {Run} */
const REFUSED = { run_id: null, name: "", own: false, spec: null };

/**
 * @param {RunState} state
 * @param {RunEvent} event
 * @returns {RunState}
 */
export function reduce(state, event) {
  if ("run_id" in event && event.run_id !== state.run?.run_id) return state; // of a run that was shown before
  switch (event.type) {
    case "opened":
      return {
        ...NOTHING,
        run: event.run,
        phase: event.phase,
        position: event.position ?? 0,
        isLive: !event.run.over,
      };
    case "refused":
      return { ...NOTHING, run: REFUSED, phase: "failed", failure: event.failure };
    case "failed":
      return fail(state, event.failure);
    case "complained":
      return { ...state, failure: event.failure };
    case "renamed":
      return state.run ? { ...state, run: { ...state.run, name: event.name } } : state;
    case "sought":
      return { ...state, until: event.until };
    case "cellOpened":
      return { ...state, cell: { actual: event.actual, predicted: event.predicted } };
    case "trainingProgress":
      return { ...state, phase: "running", epochs: [...state.epochs, ...event.epochs], progress: event };
    case "trainingBoundary":
      return { ...state, boundaries: [...state.boundaries, event] };
    case "trainingResult":
      return event.success ? finish(state, event) : fail(state, event);
    case "trainingCancelled":
      return { ...state, phase: "stopped" };
    case "trainingInsights":
      return { ...state, insights: event, cards: settleCards(state.cards, event.diagnosis) };
    case "trainingArtifacts":
      return { ...state, artifacts: event.artifacts, isComplete: true };
  }
}

/**
 * @param {RunState} state
 * @param {import("./types.d.ts").Failure} failure
 * @returns {RunState}
 */
function fail(state, failure) {
  return { ...state, phase: "failed", failure, cards: diagnoseFailure(failure, state.run?.spec ?? null) };
}

/**
 * An experiment repeats the run with the seed that was drawn for it.
 *
 * @param {RunState} state
 * @param {import("../wire/types.d.ts").TrainingResult} result
 * @returns {RunState}
 */
function finish(state, result) {
  const { auxiliary_outputs: auxiliary, artifacts } = result;
  const spec = state.run?.spec ? { ...state.run.spec, seed: auxiliary.spec.seed } : null;
  const run = state.run && { ...state.run, spec, target: auxiliary.target };
  return { ...state, run, phase: "done", result, artifacts, cards: auxiliary.diagnosis ?? [] };
}

/**
 * Whether nothing of the run follows but what is computed of its result.
 *
 * @param {Pick<RunState, "phase">} state
 */
export const isOver = ({ phase }) => phase === "done" || phase === "failed" || phase === "stopped";

/** @param {RunState} state */
export const lastEpochOf = ({ epochs }) => epochs.at(-1)?.epoch ?? 0;

/**
 * The epochs of the curves: none where there is but one, whatever it is called.
 *
 * @param {RunState} state
 */
export function curvesOf({ epochs, progress }) {
  const isPoint = progress?.progress === 100 && epochs.at(-1)?.epoch === 1;
  return isPoint ? [] : epochs;
}

/**
 * Whether the place of the curves is kept.
 *
 * @param {RunState} state
 */
export function hasCurves(state) {
  const { run, phase, epochs, result } = state;
  if (!run?.run_id || (phase === "failed" && !epochs.length)) return false;
  if (result) {
    const rows = result.dl_results;
    return rows.length > 1 && rows.some((row) => row.test_loss !== null || row["val/test acc"] !== null);
  }
  return epochs.length === 0 || curvesOf(state).length > 0;
}

/**
 * The epochs of the replay; none where there is no number of the test rows to show.
 *
 * @param {RunState} state
 */
export const replayOf = ({ epochs }) => (epochs[0]?.test_loss === null ? [] : epochs);

/**
 * The spec of the run that is shown, where it can be repeated.
 *
 * @param {RunState} state
 */
export const repeatable = ({ run }) => run?.spec ?? null;
