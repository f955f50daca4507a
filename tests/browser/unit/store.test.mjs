import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore } from "../../../playground/static/playground/ui/store.js";

const count = () =>
  createStore(
    (state, event) => {
      if (event.type === "add") return { ...state, sum: state.sum + event.value };
      if (event.type === "name") return { ...state, name: event.value };
      return state;
    },
    { sum: 0, name: "" },
  );

test("a watcher is shown the present value, then each other value once", () => {
  const store = count();
  const shown = [];
  store.watch(({ sum }) => sum, (sum) => shown.push(sum));
  store.send({ type: "add", value: 2 });
  store.send({ type: "name", value: "x" });
  store.send({ type: "add", value: 0 });
  store.send({ type: "add", value: 3 });
  assert.deepEqual(shown, [0, 2, 5]);
  assert.deepEqual(store.state, { sum: 5, name: "x" });
});

test("a watcher that has ended is not shown anything", () => {
  const store = count();
  const shown = [];
  const end = store.watch(({ sum }) => sum, (sum) => shown.push(sum));
  end();
  store.send({ type: "add", value: 1 });
  assert.deepEqual(shown, [0]);
});

test("an event that a watcher sends is reduced after all have seen the one before", () => {
  const store = count();
  const shown = [];
  store.watch(({ sum }) => sum, (sum) => sum === 1 && store.send({ type: "add", value: 10 }));
  store.watch(({ sum }) => sum, (sum) => shown.push(sum));
  store.send({ type: "add", value: 1 });
  assert.deepEqual(shown, [0, 1, 11]);
});

test("a watcher that throws does not stop later events", () => {
  const store = count();
  store.watch(({ sum }) => sum, (sum) => {
    if (sum === 1) throw new Error("cannot show it");
  });
  assert.throws(() => store.send({ type: "add", value: 1 }), /cannot show it/);
  store.send({ type: "add", value: 1 });
  assert.equal(store.state.sum, 2);
});
