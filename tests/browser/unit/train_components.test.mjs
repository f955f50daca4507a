import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import "../../../playground/static/playground/train/columns.js";
import "../../../playground/static/playground/train/layers.js";
import "../../../playground/static/playground/train/target.js";
import "../../../playground/static/playground/train/train_bar.js";
import { startComponents } from "../../../playground/static/playground/ui/component.js";
import { FRESH } from "../../../playground/static/playground/train/setup.js";
import { createTrainStore } from "../../../playground/static/playground/train/store.js";

const CATALOG = {
  layers: [
    { name: "Linear", about: "", group: "Linear", arguments: [{ name: "out_features", type: "integer", required: true, example: 16, about: "Units.", default: null, minimum: 1, maximum: 9 }] },
    { name: "ReLU", about: "", group: "Activations", arguments: [] },
  ],
  column_types: { offered: ["number", "category"], learned: ["number", "category"] },
  problem_types: ["classification", "regression"],
};
const column = (name, type) => ({ name, type, top: [], unique: 3, minimum: 0, maximum: 1, mean: 0.5, missing: 0, histogram: { counts: [1, 2] } });
const TABLE = { name: "t.csv", rows: 9, columns: [column("age", "number"), column("size", "number"), column("kind", "category")], target: "kind", target_guessed: true, problems: [] };
const CHECKED = { problems: [], target: "kind", data: "t.csv", model: "", rows: 9, problem_type: "classification", layers: [{ output_shape: [16], parameters: 48 }], parameters: 99, features: 2 };

let store;

beforeEach(() => {
  document.body.innerHTML = `
    <train-bar><button id="train"></button><p id="train-note"></p></train-bar>
    <target-choice><select id="target"></select><select id="problem_type"><option value="">automatic</option></select>
      <p id="target-note"></p><div id="target-problems"></div><div id="target-picture"></div></target-choice>
    <feature-choice><div id="column-search-field"><input id="column-search"></div><div id="columns"></div>
      <span id="columns-note"></span><button id="all-columns"></button><button id="no-columns"></button><div id="data-problems"></div></feature-choice>
    <network-editor><p id="input-size"></p><ol id="layers"></ol><p id="no-layers"></p><p id="parameters"></p><input id="palette-search"></network-editor>`;
  store = createTrainStore(structuredClone(FRESH));
  startComponents({ store, catalog: CATALOG });
  store.send({ type: "described", table: TABLE });
});

const node = (selector) => document.querySelector(selector);

test("the bar says what Train would do, or how many problems are in its way", () => {
  store.send({ type: "checked", checked: CHECKED });
  assert.equal(node("#train-note").textContent, "The network learns to predict the class kind from 9 rows of t.csv.");
  assert.equal(node("#train").disabled, false);
  const problem = { level: "error", code: "x", where: "", message: "No.", hint: "" };
  store.send({ type: "checked", checked: { ...CHECKED, problems: [problem, { ...problem, level: "warning" }] } });
  assert.match(node("#train-note").textContent, /^Fix 1 problem:/);
  assert.equal(node("#train").disabled, true);
});

test("without a target nothing can be trained", () => {
  store.send({ type: "described", table: { ...TABLE, target: null, target_guessed: false } });
  store.send({ type: "checked", checked: CHECKED });
  assert.match(node("#train-note").textContent, /^Choose the target first/);
  assert.equal(node("#target").getAttribute("aria-invalid"), "true");
});

test("a suggested target is said, and is chosen once it is kept", () => {
  assert.match(node("#target-note").textContent, /^Suggested target: kind/);
  node("#target-note button").click();
  assert.equal(store.state.setup.target, "kind");
  assert.equal(node("#target-note").hidden, true);
});

test("another target takes the place of a feature", () => {
  node("#target").value = "age";
  node("#target").dispatchEvent(new Event("change"));
  assert.equal(store.state.setup.target, "age");
  assert.deepEqual([...document.querySelectorAll("#columns input")].map(({ name }) => name), ["size", "kind"]);
});

test("features are ticked, but never none", () => {
  const boxes = () => [...document.querySelectorAll("#columns input")];
  boxes()[0].click();
  assert.deepEqual(store.state.setup.features, ["size"]);
  assert.equal(node("#columns-note").textContent, "1 of 2 columns are features.");
  boxes()[1].click();
  assert.deepEqual(store.state.setup.features, ["size"]);
  assert.equal(boxes()[1].checked, true);
});

test("layers are drawn with the labels of their arguments, and shapes as they are checked", () => {
  assert.equal(node("#layers .word").textContent, "Units");
  assert.equal(node("#layers input").getAttribute("aria-label"), "Units, Linear, layer 1");
  store.send({ type: "checked", checked: CHECKED });
  assert.equal(node("#layers .shape").textContent, "→ 16 · 48 parameters");
  assert.equal(node("#input-size").textContent, "2 inputs: the numbers that the features become");
});

test("a number that is typed changes the layer, and its field stays", () => {
  const field = node("#layers input");
  field.value = "8";
  field.dispatchEvent(new Event("input"));
  assert.equal(store.state.setup.user_arch[0].out_features, 8);
  assert.equal(node("#layers input"), field);
});

test("a layer is moved and removed", () => {
  const names = () => store.state.setup.user_arch.map(({ layer }) => layer);
  node("#layers li:nth-child(2) .up").click();
  assert.deepEqual(names(), ["ReLU", "Linear", "Linear"]);
  node("#layers li:nth-child(1) .remove").click();
  assert.deepEqual(names(), ["Linear", "Linear"]);
  assert.equal(document.querySelectorAll("#layers li").length, 2);
});

test("a model that was set before the page started is drawn", () => {
  const made = createTrainStore(structuredClone(FRESH));
  made.change("data", { user_arch: [{ layer: "ReLU" }] }); // as a lab does
  document.body.innerHTML = `<network-editor><p id="input-size"></p><ol id="layers"></ol><p id="no-layers"></p>
    <p id="parameters"></p><input id="palette-search"></network-editor>`;
  startComponents({ store: made, catalog: CATALOG });
  assert.equal(node("#layers strong").textContent, "ReLU");
});
