/* What this learner has earned, as the server says it. */

import { createStore } from "../ui/store.js";

/** Points by module, section and question, as `userProgressData` holds them.
    @typedef {Record<string, any>} Progress */
/** `news`: the points that were earned last, or null; `total`: the points of all modules; `tried`: a lab that a run came
    short of, or null. All are null before the server has said anything.
    @typedef {{ progress: Progress | null, total: number, news: any, tried: any }} Earnings */
/** @typedef {{ type: "earned", progress: Progress, total: number, news: any } | { type: "tried", tried: any }} EarningsEvent */

/** @returns {Earnings} */
export const newEarnings = () => ({ progress: null, total: 0, news: null, tried: null });

/** @param {Earnings} state @param {EarningsEvent} event @returns {Earnings} */
export function reduce(state, event) {
  if (event.type === "tried") return { ...state, tried: event.tried };
  return { ...state, progress: event.progress, total: event.total, news: event.news };
}

export const createEarningsStore = () => createStore(reduce, newEarnings());

/** Points of a module; 0 where none are earned. @param {Earnings} state @param {string} moduleID @returns {number} */
export const pointsOf = ({ progress }, moduleID) => progress?.[moduleID]?.modulePoints ?? 0;

/** Points of a question; undefined where it is not earned.
    @param {Earnings} state @param {{ moduleID: string, sectionID: string, questionID: string }} place
    @returns {number | undefined} */
export const earnedFor = ({ progress }, { moduleID, sectionID, questionID }) =>
  progress?.[moduleID]?.[sectionID]?.[questionID];
