import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseFor, typeOf } from "../../../playground/static/playground/train/column_choice.js";
import { listNumbers, nameFeatures, readFeatures } from "../../../playground/static/playground/train/features.js";
import { forgetLost } from "../../../playground/static/playground/train/lost_columns.js";
import { placeProblems } from "../../../playground/static/playground/train/problem_places.js";
import { FRESH } from "../../../playground/static/playground/train/setup.js";
import { shownKind } from "../../../playground/static/playground/train/split_kinds.js";
import { createTrainStore, isApplied, newState, reduce, specOf, targetOf } from "../../../playground/static/playground/train/store.js";

const TYPES = { offered: ["number", "category"], learned: ["number", "category"] };
const COLUMNS = [
  { name: "age", type: "number" },
  { name: "sex", type: "category" },
  { name: "id", type: "identifier" },
  { name: "y", type: "category" },
];
const TABLE = { columns: COLUMNS, target: "y", target_guessed: true, problems: [] };

const begin = () => newState(structuredClone(FRESH));
const change = (state, what, fields, at, joins = false) => reduce(state, { type: "changed", what, fields, joins, at });

test("a change can be undone and redone", () => {
  const wine = change(begin(), "data", { default: "WINE" }, 0);
  const undone = reduce(wine, { type: "undone" });
  assert.equal(undone.setup.default, "IRIS");
  assert.equal(undone.last.what, "restored");
  assert.equal(reduce(undone, { type: "redone" }).setup.default, "WINE");
});

test("without a step back or forward nothing changes", () => {
  const state = begin();
  assert.equal(reduce(state, { type: "undone" }), state);
  assert.equal(reduce(state, { type: "redone" }), state);
});

test("typing without a pause is one step, and a pause begins the next", () => {
  const epochs = (count) => ({ settings: { epochs: count } });
  const typed = change(change(begin(), "settings", epochs(1), 5000), "settings", epochs(12), 5300);
  assert.equal(typed.past.length, 1);
  assert.equal(change(typed, "settings", epochs(123), 7000).past.length, 2);
});

test("a change that joins the last one is undone together with it", () => {
  const changed = change(change(begin(), "data", { default: "WINE" }, 0), "model", { user_arch: [] }, 1, true);
  const undone = reduce(changed, { type: "undone" });
  assert.deepEqual([undone.setup.default, undone.setup.user_arch.length], ["IRIS", 3]);
});

test("at most a hundred steps are kept", () => {
  let state = begin();
  for (let step = 0; step < 150; step++) state = change(state, "data", { target: `c${step}` }, step);
  assert.equal(state.past.length, 100);
});

test("the same table that is read in another way is known as it was before", () => {
  const first = reduce(begin(), { type: "described", table: TABLE });
  const again = { ...TABLE, columns: COLUMNS.slice(1) };
  assert.equal(first.before, null);
  assert.equal(reduce(first, { type: "described", table: again }).before, TABLE);
  const other = change(first, "data", { default: "WINE" }, 0);
  assert.equal(reduce(other, { type: "described", table: again }).before, null);
});

test("the problem type stays while a check does not know it", () => {
  const known = reduce(begin(), { type: "checked", checked: { problem_type: "regression" } });
  assert.equal(reduce(known, { type: "checked", checked: { problem_type: null } }).problemType, "regression");
});

test("a second table is wanted until one is chosen, or the first table has none", () => {
  const own = change(begin(), "data", { default: null, dataset_id: "a" }, 0);
  const wanting = reduce(own, { type: "wantsTable", wants: true });
  assert.equal(shownKind(wanting), "table");
  assert.equal(change(wanting, "settings", { settings: { epochs: 3 } }, 1).wantsTable, true);
  const chosen = change(wanting, "data", { split: { kind: "given", dataset_id: "b" } }, 2);
  assert.deepEqual([chosen.wantsTable, shownKind(chosen)], [false, "table"]);
  assert.equal(change(wanting, "data", { default: "IRIS", dataset_id: null }, 3).wantsTable, false);
});

test("a spec holds what was chosen, of one model alone", () => {
  const spec = specOf({ ...structuredClone(FRESH), kind: "estimator", settings: { seed: 3 }, target: "y" });
  assert.deepEqual(spec, { seed: 3, default: "IRIS", target: "y", user_model: { estimator: "RandomForestClassifier" } });
});

test("a proposed fix changes the setup, and is then known as applied", () => {
  const store = createTrainStore(structuredClone(FRESH));
  const fix = [{ op: "replace", path: "/user_arch/2/out_features", value: 7 }];
  assert.equal(isApplied(store.state.setup, fix), false);
  store.applyFix(fix);
  assert.equal(store.state.setup.user_arch[2].out_features, 7);
  assert.equal(store.state.last.what, "model");
  assert.equal(isApplied(store.state.setup, fix), true);
});

test("features are all learned columns but the target, until some are chosen", () => {
  const state = { ...begin(), table: TABLE };
  assert.equal(targetOf(state), "y");
  const names = (columns) => columns.map(({ name }) => name);
  assert.deepEqual(names(readFeatures(state, TYPES).chosen), ["age", "sex"]);
  assert.deepEqual(names(readFeatures(state, TYPES).usable), ["age", "sex", "id"]);
  assert.deepEqual(nameFeatures(state, TYPES, new Set(["age", "sex"])), []);
  assert.deepEqual(nameFeatures(state, TYPES, new Set(["age", "id"])), ["age", "id"]);
  const chosen = change(state, "data", { features: ["id"] }, 0);
  assert.deepEqual(names(readFeatures(chosen, TYPES).chosen), ["id"]);
});

test("the type that a column is taken for decides whether it is a number", () => {
  const state = { ...begin(), table: TABLE };
  const types = chooseFor(state.setup, COLUMNS[0], { type: "category" });
  assert.deepEqual(types, { age: "category" });
  const changed = change(state, "data", { column_types: types }, 0);
  assert.equal(typeOf(changed.setup, COLUMNS[0]), "category");
  assert.deepEqual([listNumbers(state, TYPES), listNumbers(changed, TYPES)], [["age"], []]);
  assert.deepEqual(chooseFor(changed.setup, COLUMNS[0], { type: undefined }), {});
});

test("a column may be called __proto__", () => {
  const types = chooseFor(FRESH, { name: "__proto__" }, { type: "category" });
  assert.equal(typeOf({ ...FRESH, column_types: types }, { name: "__proto__", type: "number" }), "category");
});

test("what was chosen for columns that are gone is forgotten", () => {
  const setup = { ...structuredClone(FRESH), target: "y", features: ["age", "sex"], boundary: ["age", "id"] };
  const lost = forgetLost(setup, { columns: COLUMNS.slice(1, 3) }, TABLE);
  assert.deepEqual(lost.names, ["y", "age"]);
  assert.deepEqual([lost.fields.target, lost.fields.features, lost.fields.boundary], [null, ["sex"], null]);
  assert.equal(forgetLost(setup, TABLE, TABLE), null);
});

test("each problem has its place", () => {
  const problem = (where, code = "x", level = "error") => ({ where, code, level, message: where });
  const noted = problem("reading", "noted", "warning");
  const problems = [problem("user_arch[1].p"), problem("epochs"), problem("split.column"), problem("target"), problem("", "no_target"), problem("features"), problem("user_arch"), noted];
  const places = placeProblems({ checked: { problems }, table: { problems: [noted] }, setup: FRESH });
  const wheres = (list) => list.map(({ where }) => where);
  assert.deepEqual([...places.layers.keys()], [1]);
  assert.deepEqual([...places.fields.keys()], ["epochs", "split-column"]);
  assert.deepEqual([wheres(places.target), wheres(places.data), wheres(places.model)], [["target"], ["features"], ["user_arch"]]);
  assert.equal(places.remedies.length, 1);
  const estimator = placeProblems({ checked: { problems }, table: null, setup: { ...FRESH, kind: "estimator" } });
  assert.equal(estimator.layers.size, 0);
});
