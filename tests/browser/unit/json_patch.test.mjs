import assert from "node:assert/strict";
import { test } from "node:test";
import { patchSpec } from "../../../playground/static/playground/run/experiment.js";
import { applyPatch } from "../../../playground/static/playground/wire/json_patch.js";

test("values are added, replaced and removed in a copy", () => {
  const spec = { epochs: 5, user_arch: [{ layer: "Linear" }, { layer: "ReLU" }] };
  const operations = [
    { op: "replace", path: "/epochs", value: 9 },
    { op: "add", path: "/user_arch/1", value: { layer: "Dropout" } },
    { op: "remove", path: "/user_arch/0" },
  ];
  assert.deepEqual(applyPatch(spec, operations), { epochs: 9, user_arch: [{ layer: "Dropout" }, { layer: "ReLU" }] });
  assert.equal(spec.epochs, 5);
});

test("a column may be called as it likes", () => {
  const patched = applyPatch({}, [{ op: "add", path: "/column_types/__proto__", value: "text" }, { op: "add", path: "/a~1b", value: 1 }]);
  assert.deepEqual(Object.keys(patched.column_types), ["__proto__"]);
  assert.equal(patched["a/b"], 1);
});

test("an experiment leaves out what is null", () => {
  assert.deepEqual(patchSpec({ epochs: 5, target: null }, [{ op: "add", path: "/gradient_clip", value: 1 }]), { epochs: 5, gradient_clip: 1 });
});
