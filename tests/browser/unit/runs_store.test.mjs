import assert from "node:assert/strict";
import { test } from "node:test";
import { orderBy } from "../../../playground/static/playground/runs/run_order.js";
import { describeCount, findRuns, needsAll, newState, reduce, STEP } from "../../../playground/static/playground/runs/store.js";

const run = (number, more = {}) => ({
  run_id: `r${number}`,
  created: `2026-01-${String(number).padStart(2, "0")}`,
  name: `run ${number}`,
  model: "Ridge",
  data: "DIABETES",
  status: "succeeded",
  kind: "training",
  value: number / 10,
  ...more,
});
const listed = (state, runs, isWhole) => reduce(state, { type: "listed", runs, isWhole });
const ids = (runs) => runs.map(({ run_id }) => run_id);

test("a page of older runs is added, and the newest page brings new runs in and takes deleted ones out", () => {
  let state = listed(newState(), [run(5), run(4)], false);
  state = reduce(state, { type: "paged", runs: [run(3), run(2)], isWhole: true });
  state = reduce(state, { type: "picked", runId: "r4", isPicked: true });
  assert.deepEqual(ids(state.runs), ["r5", "r4", "r3", "r2"]);
  state = listed(state, [run(6), run(5)], false);
  assert.deepEqual(ids(state.runs), ["r6", "r5", "r4", "r3", "r2"]);
  state = listed(state, [run(6), run(3)], false);
  assert.deepEqual([ids(state.runs), state.picked], [["r6", "r3", "r2"], []]);
});

test("runs are found by words and status, in the order that is chosen", () => {
  let state = listed(newState(), [run(3), run(2, { status: "failed", value: null }), run(1, { data: "IRIS" })], true);
  assert.deepEqual(ids(findRuns(state)), ["r3", "r2", "r1"]);
  assert.equal(describeCount(state), "3 runs");
  state = reduce(state, { type: "ordered", order: orderBy(state.order, "value") });
  assert.deepEqual(ids(findRuns(state)), ["r3", "r1", "r2"]); // without a value last
  state = reduce(state, { type: "filtered", words: "iris ridge", status: "" });
  assert.deepEqual(ids(findRuns(state)), ["r1"]);
  assert.equal(describeCount(state), "1 of 3 runs");
  state = reduce(state, { type: "filtered", words: "", status: "failed" });
  assert.deepEqual(ids(findRuns(state)), ["r2"]);
});

test("only in the usual order and without a filter are older runs not needed", () => {
  const state = listed(newState(), [run(2), run(1)], false);
  assert.equal(needsAll(state), false);
  assert.equal(describeCount(state), "2 or more runs");
  assert.equal(needsAll(reduce(state, { type: "ordered", order: orderBy(state.order, "created") })), true);
  assert.equal(needsAll(reduce(state, { type: "filtered", words: "x", status: "" })), true);
});

test("a filter begins at the top again", () => {
  const more = reduce(newState(), { type: "extended" });
  assert.equal(more.shown, 2 * STEP);
  assert.equal(reduce(more, { type: "filtered", words: "a", status: "" }).shown, STEP);
});

test("progress changes one run, and leaves all others as they are", () => {
  const state = listed(newState(), [run(2), run(1)], true);
  const patched = reduce(state, { type: "patched", runId: "r1", changes: { progress: 50 } });
  assert.equal(patched.runs[0], state.runs[0]);
  assert.equal(patched.runs[1].progress, 50);
});

test("a run is picked once, and given back", () => {
  let state = newState();
  for (const isPicked of [true, true]) state = reduce(state, { type: "picked", runId: "a", isPicked });
  assert.deepEqual(state.picked, ["a"]);
  assert.deepEqual(reduce(state, { type: "picked", runId: "a", isPicked: false }).picked, []);
});
