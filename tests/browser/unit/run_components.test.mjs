import assert from "node:assert/strict";
import { test } from "node:test";
import { startComponents } from "../../../playground/static/playground/ui/component.js";
import "../../../playground/static/playground/ui/announcer.js";
import "../../../playground/static/playground/run/downloads.js";
import "../../../playground/static/playground/run/outcome.js";
import "../../../playground/static/playground/run/replay.js";
import { createRunStore } from "../../../playground/static/playground/run/store.js";

const epoch = (number) => ({ epoch: number, train_time: 0.1, train_loss: 2, test_loss: 1 / number, train_acc: 0.5, "val/test acc": 0.9 });

function show(html) {
  document.body.innerHTML = html;
  const store = createRunStore();
  startComponents({ store }, document.body);
  store.send({ type: "opened", run: { run_id: "a", name: "", own: true, spec: null }, phase: "loading" });
  return store;
}

const progress = (...epochs) => ({ type: "trainingProgress", run_id: "a", progress: 50, epochs });
const OUTCOME = '<run-outcome><p id="failure" hidden></p><p id="headline"></p><p id="sentence"></p></run-outcome>';
const textOf = (selector) => document.querySelector(selector).textContent;

test("the headline says how a run stands, then what came of it", () => {
  const store = show(OUTCOME);
  store.send(progress(epoch(1)));
  assert.equal(textOf("#headline"), "90.0 % accuracy on the test rows so far");
  const headline = { metric: "accuracy", value: 0.95, baseline: 0.4 };
  const outputs = { spec: {}, target: "y", headline, sentence: "It is right." };
  store.send({ type: "trainingResult", run_id: "a", success: true, dl_results: [], artifacts: [], auxiliary_outputs: outputs });
  assert.equal(textOf("#headline"), "95.0 % accuracy on unseen test rows; baseline 40.0 %.");
  assert.equal(textOf("#sentence"), "It is right.");
});

test("what the server says of a failure is text", () => {
  const store = show(OUTCOME);
  store.send({ type: "failed", failure: { message: "<b>no</b>", hint: "Try again." } });
  assert.equal(textOf("#failure"), "<b>no</b> Try again.");
  assert.equal(document.querySelector("#failure").hidden, false);
  assert.equal(textOf("#headline"), "");
});

test("the slider follows the last epoch until another one is chosen", () => {
  const store = show(`<run-replay hidden><button id="replay-play"></button>
    <input id="replay-epoch" type="range" min="1" max="1" value="1"><output id="replay-numbers"></output></run-replay>`);
  const slider = document.querySelector("#replay-epoch");
  store.send(progress(epoch(1), epoch(2)));
  store.send(progress(epoch(3)));
  assert.equal(slider.value, "3");
  slider.value = "2";
  slider.dispatchEvent(new Event("input"));
  assert.equal(store.state.until, 2);
  store.send(progress(epoch(4)));
  assert.equal(slider.value, "2");
  assert.match(slider.getAttribute("aria-valuetext"), /^epoch 2 of 4; loss 2 on training rows, 0.5 on test rows; accuracy/);
});

test("a file's row stays where it is when its size becomes known", () => {
  const store = show("<run-files><ul></ul></run-files>");
  const files = (size) => ({ type: "trainingArtifacts", run_id: "a", artifacts: [{ name: "model.pt", size, url: "/model.pt" }] });
  store.send(files(null));
  const row = document.querySelector("li");
  assert.equal(row.textContent, "model.pt being built …");
  store.send(files(2048));
  assert.equal(document.querySelector("li"), row);
  assert.equal(row.textContent, "model.pt 2.0 kB");
});
