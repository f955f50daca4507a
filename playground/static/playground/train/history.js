/* Undo and redo of the whole setup: two buttons, and Ctrl+Z outside of text fields. Called by toolbar.js. */

import { announce, find } from "../ui/dom.js";
import { getSetup, onChange, restore } from "./state.js";

const MOST = 100; // steps back
const PAUSE_MS = 1000; // typing with shorter pauses is one step
const TYPED = ["quiet", "settings"];

const past = [];
let future = [];
let last = { what: "", at: 0 };

export function startHistory() {
  onChange(remember);
  find("undo").addEventListener("click", undo);
  find("redo").addEventListener("click", redo);
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || isTextField(event.target)) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) redo();
    else undo();
  });
  draw();
}

/** The browser has an undo of its own there. */
const isTextField = (node) => node.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=file])");

function remember(what, previous, joins) {
  if (what === "restored") return;
  const now = performance.now();
  const goesOn = TYPED.includes(what) && what === last.what && now - last.at < PAUSE_MS && past.length > 0;
  last = { what, at: now };
  if (joins || goesOn) return;
  past.push(previous);
  if (past.length > MOST) past.shift();
  future = [];
  draw();
}

/** One step that can be undone, to a setup from elsewhere. */
export function jump(setup) {
  past.push(getSetup());
  future = [];
  travel(setup);
}

function undo() {
  if (!past.length) return;
  future.push(getSetup());
  travel(past.pop());
  announce("Undone.");
}

function redo() {
  if (!future.length) return;
  past.push(getSetup());
  travel(future.pop());
  announce("Done again.");
}

function travel(setup) {
  last = { what: "", at: 0 };
  restore(setup);
  draw();
}

/** `aria-disabled`, since a disabled button would lose the focus that is on it. */
function draw() {
  find("undo").setAttribute("aria-disabled", String(!past.length));
  find("redo").setAttribute("aria-disabled", String(!future.length));
}
