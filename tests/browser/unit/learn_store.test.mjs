import assert from "node:assert/strict";
import { test } from "node:test";
import { earnedFor, newEarnings, pointsOf, reduce } from "../../../playground/static/playground/learn/store.js";

const PROGRESS = { m: { modulePoints: 3, s: { sectionPoints: 3, q: 3 } } };

test("nothing is earned before the server has said anything", () => {
  const state = newEarnings();
  assert.equal(state.progress, null);
  assert.equal(pointsOf(state, "m"), 0);
  assert.equal(earnedFor(state, { moduleID: "m", sectionID: "s", questionID: "q" }), undefined);
});

test("points are known by module and question", () => {
  const state = reduce(newEarnings(), { type: "earned", progress: PROGRESS, total: 3, news: null });
  assert.deepEqual([state.total, pointsOf(state, "m"), pointsOf(state, "n")], [3, 3, 0]);
  assert.equal(earnedFor(state, { moduleID: "m", sectionID: "s", questionID: "q" }), 3);
  assert.equal(earnedFor(state, { moduleID: "m", sectionID: "t", questionID: "q" }), undefined);
});

test("a lab that was tried changes no points", () => {
  const earned = reduce(newEarnings(), { type: "earned", progress: PROGRESS, total: 3, news: null });
  const tried = reduce(earned, { type: "tried", tried: { shortfalls: ["Too few rows."] } });
  assert.equal(tried.progress, PROGRESS);
  assert.deepEqual(tried.tried.shortfalls, ["Too few rows."]);
});
