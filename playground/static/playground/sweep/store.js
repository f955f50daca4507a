/* The state of the page of a sweep or a comparison: how its events, live or replayed, change it. */

import { createStore } from "../ui/store.js";

/**
 * @typedef {import("../run/types.d.ts").Run} Run
 * @typedef {import("../run/types.d.ts").Failure} Failure
 * @typedef {import("../wire/types.d.ts").SweepProgress} SweepProgress
 * @typedef {import("../wire/types.d.ts").SweepScore} SweepScore
 * @typedef {object} TaskState
 * @property {Run} run
 * @property {import("../run/types.d.ts").Phase} phase
 * @property {SweepProgress | null} progress
 * @property {SweepScore[]} scores in the order in which they came
 * @property {Record<string, any> | null} result what came of it; null where it was stopped or failed, too
 * @property {Failure | null} failure what went wrong last
 * @typedef {{ type: "complained", failure: Failure }
 *   | { type: "renamed", name: string }
 *   | { type: "ended", success: boolean, message: string, hint: string, run_id: string }
 *   | { type: "trainingCancelled", run_id: string }
 *   | ({ type: "sweepProgress" } & SweepProgress)} TaskEvent
 * @typedef {import("../ui/store.js").Store<TaskState, TaskEvent>} TaskStore
 */

/**
 * @param {Run} run
 * @returns {TaskStore}
 */
export const createTaskStore = (run) =>
  createStore(reduce, { run, phase: "loading", progress: null, scores: [], result: null, failure: null });

/**
 * @param {TaskState} state
 * @param {TaskEvent} event
 * @returns {TaskState}
 */
export function reduce(state, event) {
  if ("run_id" in event && event.run_id !== state.run.run_id) return state; // of another run of this visitor's
  switch (event.type) {
    case "complained":
      return { ...state, failure: event.failure };
    case "renamed":
      return { ...state, run: { ...state.run, name: event.name } };
    case "sweepProgress":
      return { ...state, phase: "running", progress: event, scores: [...state.scores, ...event.results] };
    case "ended":
      return event.success ? { ...state, phase: "done", result: event } : { ...state, phase: "failed", failure: event };
    case "trainingCancelled":
      return { ...state, phase: "stopped" };
  }
}
