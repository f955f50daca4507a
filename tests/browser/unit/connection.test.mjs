import assert from "node:assert/strict";
import { test } from "node:test";
import { Component, startComponents } from "../../../playground/static/playground/ui/component.js";
import "../../../playground/static/playground/ui/connection.js";

/** Stands in for a socket: tells what a test wants it to. */
function makeSocket() {
  const handlers = { open: [], closed: [] };
  return { on: (event, handler) => handlers[event].push(handler), tell: (event) => handlers[event].forEach((each) => each()) };
}

test("the banner is there while any of the sockets is lost", () => {
  document.body.innerHTML = "<connection-state hidden>The connection is lost.</connection-state>";
  const banner = document.querySelector("connection-state");
  const [training, progress] = [makeSocket(), makeSocket()];
  startComponents({ socket: training });
  banner.follow(progress);
  training.tell("closed");
  progress.tell("closed");
  assert.equal(banner.hidden, false);
  training.tell("open");
  assert.equal(banner.hidden, false);
  progress.tell("open");
  assert.equal(banner.hidden, true);
});

test("a component finds nodes of its own alone, and says which one is missing", () => {
  class TwoNames extends Component {}
  customElements.define("two-names", TwoNames);
  document.body.innerHTML = "<p id='outside'></p><two-names><input class='inside'></two-names>";
  const component = document.querySelector("two-names");
  assert.equal(component.one(".inside", HTMLInputElement).className, "inside");
  assert.throws(() => component.one(".inside", HTMLButtonElement), /<two-names> has no .inside/);
  assert.throws(() => component.one("#outside"), /<two-names> has no #outside/);
});
