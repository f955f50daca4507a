/* The state of the Train page and how events change it: what is chosen, the chosen table, and what the server says of
   both. Nothing here needs a document. */

import { createStore } from "../ui/store.js";
import { patchSetup } from "./patch.js";
import { FRESH, OF_TABLE } from "./setup.js";

/** @typedef {import("./setup.js").Setup} Setup */

const MOST_STEPS = 100; // back
const PAUSE_MS = 1000; // typing with shorter pauses is one step
const TYPED = ["quiet", "settings"];

/** What a change is about: "model" is drawn anew, "quiet" was typed in a field of the model, and with "restored" everything
    may be different.
    @typedef {"data" | "model" | "quiet" | "kind" | "preset" | "settings" | "restored"} What */

/** A change that `joins` the last one is undone together with it. `at`: milliseconds.
    @typedef {{ type: "changed", what: What, fields: Partial<Setup>, joins: boolean, at: number }
      | { type: "jumped", setup: Setup }
      | { type: "undone" }
      | { type: "redone" }
      | { type: "described", table: any }
      | { type: "misread", error: any }
      | { type: "unreadable", error: any }
      | { type: "listed", tables: any[] }
      | { type: "checked", checked: any }
      | { type: "wantsTable", wants: boolean }
      | { type: "beginner", on: boolean }} TrainEvent */

/** `last`: the last change of the setup; `table`: what `datasetDescribed` holds, or null while that is not known;
    `source`: key of what it describes; `before`: the same table as it was read before, or null; `misread`: why the table
    cannot be read with the chosen options, while the table as it was read before stays; `unreadable`: why there is no
    table; `problemType`: as checked last; `wantsTable`: a second table is to be the test set, and none is chosen yet.
    @typedef {{ setup: Setup, past: Setup[], future: Setup[], last: { what: What | "", at: number },
      table: any, source: string, before: any, misread: any, unreadable: any,
      tables: any[], checked: any, problemType: string | null, wantsTable: boolean, beginner: boolean }} TrainState */

/** @param {Setup} setup @returns {TrainState} */
export const newState = (setup) => ({
  setup,
  past: [],
  future: [],
  last: { what: "", at: 0 },
  table: null,
  source: "",
  before: null,
  misread: null,
  unreadable: null,
  tables: [],
  checked: null,
  problemType: null,
  wantsTable: false,
  beginner: false,
});

/** @param {TrainState} state @param {TrainEvent} event @returns {TrainState} */
export function reduce(state, event) {
  switch (event.type) {
    case "changed":
      return change(state, event);
    case "jumped":
      return travel({ ...state, past: remember(state), future: [] }, event.setup);
    case "undone":
      return state.past.length
        ? travel(
            { ...state, past: state.past.slice(0, -1), future: [...state.future, state.setup] },
            state.past[state.past.length - 1],
          )
        : state;
    case "redone":
      return state.future.length
        ? travel(
            { ...state, past: remember(state), future: state.future.slice(0, -1) },
            state.future[state.future.length - 1],
          )
        : state;
    case "described": {
      const source = sourceKey(state.setup);
      return {
        ...state,
        table: event.table,
        source,
        before: state.source === source ? state.table : null,
        misread: null,
        unreadable: null,
      };
    }
    case "misread":
      return { ...state, misread: event.error };
    case "unreadable":
      return { ...state, unreadable: event.error };
    case "listed":
      return { ...state, tables: event.tables };
    case "checked":
      return { ...state, checked: event.checked, problemType: event.checked.problem_type ?? state.problemType };
    case "wantsTable":
      return { ...state, wantsTable: event.wants };
    case "beginner":
      return { ...state, beginner: event.on };
  }
}

/** @param {TrainState} state @param {Extract<TrainEvent, { type: "changed" }>} event @returns {TrainState} */
function change(state, { what, fields, joins, at }) {
  const setup = { ...state.setup, ...fields };
  const goesOn =
    TYPED.includes(what) && what === state.last.what && at - state.last.at < PAUSE_MS && state.past.length > 0;
  const wantsTable = state.wantsTable && !setup.default && !setup.split;
  const changed = { ...state, setup, wantsTable, last: { what, at } };
  return joins || goesOn ? changed : { ...changed, past: remember(state), future: [] };
}

/** @param {TrainState} state */
const remember = ({ past, setup }) => [...past, setup].slice(-MOST_STEPS);

/** @param {TrainState} state @param {Setup} setup @returns {TrainState} */
const travel = (state, setup) => ({
  ...state,
  setup,
  wantsTable: false,
  last: { what: "restored", at: 0 },
});

/** @typedef {ReturnType<typeof createTrainStore>} TrainStore */

/** @param {Setup} setup */
export function createTrainStore(setup) {
  const store = createStore(reduce, newState(setup));

  /** @param {What} what @param {Partial<Setup>} fields @param {{ joins?: boolean }} [options] */
  function change(what, fields, { joins = false } = {}) {
    store.send({ type: "changed", what, fields, joins, at: performance.now() });
  }

  /** Applies a JSON Patch (RFC 6902) that the server proposed for the spec.
      @param {any[]} operations @param {{ joins?: boolean }} [options] */
  function applyFix(operations, options) {
    const fields = operations.map(({ path }) => path.split("/")[1]);
    const changesTable = fields.some((field) => OF_TABLE.includes(field));
    const changesModel = fields.some((field) => !OF_TABLE.includes(field));
    const what = changesTable ? (changesModel ? "preset" : "data") : "model";
    change(what, patchSetup(store.state.setup, operations), options);
  }

  return Object.assign(store, { change, applyFix });
}

/** The source of the table alone, as describeDataset takes it.
    @param {Setup} setup @returns {Record<string, string>} */
export function sourceOf({ default: builtin, dataset_id, fileURL }) {
  if (dataset_id) return { dataset_id };
  return fileURL ? { fileURL } : { default: builtin ?? /** @type {string} */ (FRESH.default) };
}

/** @param {Setup} setup */
export const sourceKey = (setup) => JSON.stringify(sourceOf(setup));

/** The setup as a TrainingSpec.
    @param {Setup} setup @returns {Record<string, any>} */
export function specOf(setup) {
  const { kind, user_arch, user_model, settings } = setup;
  /** @type {Record<string, any>} */
  const spec = { ...settings, ...sourceOf(setup) };
  for (const name of OF_TABLE) {
    const value = /** @type {Record<string, any>} */ (setup)[name];
    if (!isEmpty(value)) spec[name] = value;
  }
  if (kind === "network") spec.user_arch = user_arch;
  else spec.user_model = user_model;
  return spec;
}

/** @param {any} value */
const isEmpty = (value) => value === null || (typeof value === "object" && Object.keys(value).length === 0);

/** The target: the chosen column, or else the one that the table suggests.
    @param {Pick<TrainState, "setup" | "table">} state @returns {string | null} */
export const targetOf = ({ setup, table }) => setup.target ?? table?.target ?? null;

/** Whether the target is only suggested, by the name of a column.
    @param {Pick<TrainState, "setup" | "table">} state */
export const isTargetSuggested = ({ setup, table }) => setup.target === null && Boolean(table?.target_guessed);

/** Whether these operations would change nothing: the setup is like that already.
    @param {Setup} setup @param {any[]} operations */
export function isApplied(setup, operations) {
  const patched = /** @type {Record<string, any>} */ (patchSetup(setup, operations));
  return Object.keys(patched).every(
    (name) => JSON.stringify(patched[name]) === JSON.stringify(/** @type {Record<string, any>} */ (setup)[name]),
  );
}
