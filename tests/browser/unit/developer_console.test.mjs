import assert from "node:assert/strict";
import { test } from "node:test";

const CONTRACT = { "/ws/a/": { sends: ["x"], events: { first: { data: { n: 1 }, answered: true }, second: { data: {}, answered: false } } } };

document.body.innerHTML = `<main id="main">
  <script id="console-contract" type="application/json">${JSON.stringify(CONTRACT)}</script>
  <developer-console>
    <form id="console">
      <select id="console-socket"></select><select id="console-event"></select>
      <textarea id="console-data"></textarea><p id="console-error" hidden></p>
      <button type="submit">Send</button><button id="console-clear" type="button">Clear</button>
    </form>
    <ol id="console-log"></ol>
  </developer-console></main>`;
await import("../../../playground/static/playground/developers/console.js");

const node = (selector) => document.querySelector(selector);

test("events of the chosen socket are offered, with an example of their data", () => {
  assert.deepEqual([...node("#console-event").options].map(({ value }) => value), ["first", "second"]);
  assert.deepEqual(JSON.parse(node("#console-data").value), { n: 1 });
  node("#console-event").value = "second";
  node("#console-event").dispatchEvent(new Event("change"));
  assert.deepEqual(JSON.parse(node("#console-data").value), {});
});

test("data that is no JSON is refused and not sent", () => {
  node("#console-data").value = "{n: 1}";
  node("#console").dispatchEvent(new Event("submit", { cancelable: true }));
  assert.equal(node("#console-error").hidden, false);
  assert.match(node("#console-error").textContent, /^This is not JSON/);
  assert.equal(node("#console-log").children.length, 0);
});
