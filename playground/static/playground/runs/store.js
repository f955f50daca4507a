/* The state of My runs: which runs are known, which of them are looked for, and which are picked to be compared. */

import { createStore } from "../ui/store.js";
import { compareBy, matches } from "./run_order.js";

/** @typedef {any} RunSummary as of the wire */
/** @typedef {import("./run_order.js").Order} Order */

/** `runs`: the newest first, as they were listed; `complete`: there are no older ones; `shown`: how many rows at most;
    `error`: what went wrong last, or null.
    @typedef {{ runs: RunSummary[], complete: boolean, shown: number, order: Order, words: string, status: string,
      picked: string[], error: any }} RunsState */

/** `listed` holds the newest page, and `paged` the one after the oldest run that is known.
    @typedef {{ type: "listed", runs: RunSummary[], isWhole: boolean }
      | { type: "paged", runs: RunSummary[], isWhole: boolean }
      | { type: "patched", runId: string, changes: Partial<RunSummary> }
      | { type: "ordered", order: Order }
      | { type: "filtered", words: string, status: string }
      | { type: "extended" }
      | { type: "picked", runId: string, isPicked: boolean }
      | { type: "failed", error: any }} RunsEvent */

export const STEP = 50; // rows that are shown at first, and more each time

/** @returns {RunsState} */
export const newState = () => ({
  runs: [],
  complete: false,
  shown: STEP,
  order: { key: "created", descending: true },
  words: "",
  status: "",
  picked: [],
  error: null,
});

export const createRunsStore = () => createStore(reduce, newState());

/** @param {RunsState} state @param {RunsEvent} event @returns {RunsState} */
export function reduce(state, event) {
  switch (event.type) {
    case "listed":
      return list(state, event);
    case "paged":
      return { ...state, runs: merge(state.runs, event.runs), complete: event.isWhole };
    case "patched":
      return {
        ...state,
        runs: state.runs.map((run) => (run.run_id === event.runId ? { ...run, ...event.changes } : run)),
      };
    case "ordered":
      return { ...state, order: event.order, shown: STEP };
    case "filtered":
      return { ...state, words: event.words, status: event.status, shown: STEP };
    case "extended":
      return { ...state, shown: state.shown + STEP };
    case "picked": {
      const others = state.picked.filter((runId) => runId !== event.runId);
      return { ...state, picked: event.isPicked ? [...others, event.runId] : others };
    }
    case "failed":
      return { ...state, error: event.error };
  }
}

/** New runs come in, known ones get their numbers, and what was deleted goes.
    @param {RunsState} state @param {{ runs: RunSummary[], isWhole: boolean }} page @returns {RunsState} */
function list(state, { runs: newest, isWhole }) {
  const last = newest[newest.length - 1];
  const older = isWhole ? [] : state.runs.filter(({ created }) => created < last.created);
  const runs = merge(newest, older);
  const picked = state.picked.filter((runId) => runs.some((run) => run.run_id === runId));
  return { ...state, runs, picked, complete: state.complete || isWhole };
}

/** @param {RunSummary[]} known @param {RunSummary[]} more */
const merge = (known, more) => [...new Map([...known, ...more].map((run) => [run.run_id, run])).values()];

/** @param {RunsState} state */
export const isFiltered = ({ words, status }) => words.trim() !== "" || status !== "";

/** Runs that are looked for, in their order. @param {RunsState} state @returns {RunSummary[]} */
export const findRuns = ({ runs, words, status, order }) =>
  runs.filter((run) => matches(run, words, status)).sort(compareBy(order));

/** In another order, or of some runs alone, only all of them give a true answer. @param {RunsState} state */
export const needsAll = (state) => state.order.key !== "created" || !state.order.descending || isFiltered(state);

/** @param {RunsState} state */
export function describeCount(state) {
  const { runs, complete } = state;
  if (!runs.length && !complete) return ""; // not known yet
  const total = `${runs.length}${complete ? "" : " or more"}`;
  if (isFiltered(state)) return `${findRuns(state).length} of ${total} runs`;
  return runs.length === 1 && complete ? "1 run" : `${total} runs`;
}
