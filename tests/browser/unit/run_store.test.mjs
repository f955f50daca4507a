import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createRunStore,
  curvesOf,
  hasCurves,
  isOver,
  lastEpochOf,
  replayOf,
  repeatable,
} from "../../../playground/static/playground/run/store.js";

const RUN = { run_id: "a", name: "", own: true, spec: { default: "IRIS", learning_rate: 9 } };
const epoch = (number, test_loss = 1) => ({ epoch: number, train_time: 0.1, train_loss: 1, test_loss, train_acc: 0.5, "val/test acc": 0.5 });
const progress = (percent, ...epochs) => ({ type: "trainingProgress", run_id: "a", progress: percent, epochs });
const ALL_WELL = { code: "all_well", title: "", sentence: "", advice: "", patch: [] };
const result = (changes = {}) => ({
  type: "trainingResult",
  run_id: "a",
  success: true,
  dl_results: [epoch(1), epoch(2)],
  auxiliary_outputs: { spec: { seed: 7 }, target: "species", diagnosis: [ALL_WELL] },
  artifacts: [{ name: "train.py", size: null, url: "/train.py" }],
  ...changes,
});

function open(...events) {
  const store = createRunStore();
  store.send({ type: "opened", run: RUN, phase: "loading" });
  for (const event of events) store.send(event);
  return store;
}

test("epochs are collected in order, and events of other runs change nothing", () => {
  const { state } = open(progress(30, epoch(1), epoch(2)), { ...progress(50, epoch(9)), run_id: "b" }, progress(60, epoch(3)));
  assert.deepEqual(state.epochs.map((row) => row.epoch), [1, 2, 3]);
  assert.equal(lastEpochOf(state), 3);
  assert.equal(state.phase, "running");
  assert.equal(isOver(state), false);
});

test("a result keeps the drawn seed, so that an experiment changes nothing else", () => {
  const { state } = open(progress(100, epoch(1), epoch(2)), result());
  assert.deepEqual(repeatable(state), { default: "IRIS", learning_rate: 9, seed: 7 });
  assert.equal(state.run.target, "species");
  assert.equal(state.phase, "done");
  assert.equal(isOver(state), true);
  assert.equal(state.artifacts.length, 1);
});

test("all is well only until the insights find something", () => {
  const quiet = { type: "trainingInsights", run_id: "a", diagnosis: [] };
  assert.deepEqual(open(result(), quiet).state.cards, [ALL_WELL]);
  assert.deepEqual(open(result(), { ...quiet, diagnosis: [{ code: "gives_away" }] }).state.cards, []);
});

test("a failure proposes what to change", () => {
  const { state } = open(progress(20, epoch(1)), result({ success: false, code: "diverged", message: "It diverged.", hint: "" }));
  assert.equal(state.phase, "failed");
  assert.equal(state.failure.message, "It diverged.");
  assert.deepEqual(state.cards[0].patch, [{ op: "remove", path: "/learning_rate" }]);
  assert.equal(hasCurves(state), true);
});

test("a run that was refused has no curves and no cards", () => {
  const store = open(progress(20, epoch(1)));
  store.send({ type: "refused", failure: { message: "Too many runs." } });
  assert.equal(store.state.run.run_id, null);
  assert.deepEqual([store.state.epochs, store.state.cards, hasCurves(store.state)], [[], [], false]);
});

test("a run of a single step has no curve", () => {
  const { state } = open(progress(100, epoch(1)));
  assert.deepEqual(curvesOf(state), []);
  assert.equal(hasCurves(state), false);
});

test("epochs without a number of the test rows are not replayed", () => {
  assert.equal(replayOf(open(progress(50, epoch(1, null))).state).length, 0);
  assert.equal(replayOf(open(progress(50, epoch(1))).state).length, 1);
});

test("what is wrong with a request leaves the run as it is", () => {
  const { state } = open(progress(20, epoch(1)), { type: "complained", failure: { message: "No such name." } });
  assert.equal(state.phase, "running");
  assert.equal(state.failure.message, "No such name.");
});
