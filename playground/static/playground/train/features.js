/* The columns of the chosen table as features: which can be learned from, and which are. */

import { typeOf } from "./column_choice.js";
import { targetOf } from "./store.js";

/** @typedef {import("./store.js").TrainState} TrainState */
/** `learned`: the types that are learned from when nothing is chosen.
    @typedef {{ offered: string[], learned: string[] }} Types */

/** `all`: every column but the target.
    @param {TrainState} state @param {Types} types */
export function readFeatures(state, types) {
  const { setup, table } = state;
  const target = targetOf(state);
  const isExpected = (/** @type {any} */ column) => types.learned.includes(typeOf(setup, column));
  const isUsable = (/** @type {any} */ column) => isExpected(column) || typeOf(setup, column) === "identifier";
  const isChosen = (/** @type {any} */ column) =>
    setup.features.length ? setup.features.includes(column.name) : isExpected(column);
  /** @type {any[]} */
  const all = (table?.columns ?? []).filter((/** @type {any} */ { name }) => name !== target);
  const usable = all.filter(isUsable);
  return { all, usable, chosen: usable.filter(isChosen), isUsable, isChosen, isExpected };
}

/** The names of the features that are numbers. @param {TrainState} state @param {Types} types */
export function listNumbers(state, types) {
  const { chosen } = readFeatures(state, types);
  return chosen.filter((column) => typeOf(state.setup, column) === "number").map(({ name }) => name);
}

/** For the setup's `features`: none are named where they are just those that are learned from anyway.
    @param {TrainState} state @param {Types} types @param {Set<string>} chosen */
export function nameFeatures(state, types, chosen) {
  const { all, isExpected } = readFeatures(state, types);
  const isUsual = all.every((column) => isExpected(column) === chosen.has(column.name));
  return isUsual ? [] : all.map(({ name }) => name).filter((name) => chosen.has(name));
}
