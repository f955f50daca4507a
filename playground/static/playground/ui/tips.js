/* Explanations of words: whatever has a `data-tip` shows it on hover, on focus and on touch, and can be read at leisure.
   After WCAG 1.4.13: the pointer may move onto it, Escape puts it away, and it stays until pointer and focus are gone. */

import { find } from "./dom.js";

const SHOW_AFTER_MS = 300; // of hovering; with focus it is there at once
const HIDE_AFTER_MS = 200; // time to move the pointer onto it
const GAP = 6; // pixels between a word and its tip

let tip = null;
let anchor = null;
let timer = null;

export function startTips() {
  tip = find("tip");
  for (const field of document.querySelectorAll(".field[data-tip]")) {
    const control = field.querySelector("input, select");
    field.append(explain(control, field.dataset.tip, `${control.id}-tip`));
  }
  document.addEventListener("pointerover", ({ target, pointerType }) => {
    if (tip.contains(target)) clearTimeout(timer);
    else if (pointerType !== "touch") point(target.closest("[data-tip]"));
  });
  document.documentElement.addEventListener("pointerleave", () => point(null));
  // With a finger the focus comes with the tap, and what is no field has its tip by the tap alone.
  document.addEventListener("click", ({ target }) => {
    const touched = target.closest("[data-tip]");
    if (touched && matchMedia("(hover: none)").matches) show(touched);
    else if (!touched && !tip.contains(target)) hide();
  });
  document.addEventListener("focusin", ({ target }) => {
    const focused = target.closest("[data-tip]");
    if (focused && target.matches(":focus-visible")) show(focused);
    else if (anchor && !anchor.contains(target)) hide();
  });
  document.addEventListener("focusout", () => later(hide, HIDE_AFTER_MS));
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  // A tip that is still to come finds its place when it comes.
  document.addEventListener("scroll", () => tip.hidden || hide(), { capture: true, passive: true });
}

/** Says in `aria-describedby` what `text` says to those who see it. */
export function explain(control, text, id) {
  const words = Object.assign(document.createElement("span"), { id, hidden: true, textContent: text });
  control.setAttribute("aria-describedby", id);
  return words;
}

function point(node) {
  if (node === anchor && node) clearTimeout(timer);
  else if (node) later(() => show(node), SHOW_AFTER_MS);
  else if (anchor && !anchor.contains(document.activeElement)) later(hide, HIDE_AFTER_MS);
  else if (!anchor) clearTimeout(timer);
}

function later(act, wait) {
  clearTimeout(timer);
  timer = setTimeout(act, wait);
}

function show(node) {
  clearTimeout(timer);
  if (!node.isConnected || !node.dataset.tip) return;
  anchor = node;
  tip.textContent = node.dataset.tip;
  tip.hidden = false;
  const place = node.getBoundingClientRect();
  const size = tip.getBoundingClientRect();
  const below = place.bottom + GAP;
  const fits = below + size.height < window.innerHeight;
  // Set one by one: a strict policy allows this, and no style attribute.
  tip.style.top = `${Math.max(GAP, fits ? below : place.top - GAP - size.height)}px`;
  tip.style.left = `${Math.max(GAP, Math.min(place.left, window.innerWidth - size.width - GAP))}px`;
}

function hide() {
  clearTimeout(timer);
  if (tip.hidden) return;
  tip.hidden = true;
  anchor = null;
}
