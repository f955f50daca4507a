/* Explanations of words: whatever has a `data-tip` shows it on hover, on focus and on touch, and can be read at leisure.
   After WCAG 1.4.13: the pointer may move onto it, Escape puts it away, and it stays until pointer and focus are gone. */

const SHOW_AFTER_MS = 300; // of hovering; with focus it is there at once
const HIDE_AFTER_MS = 200; // time to move the pointer onto it
const GAP = 6; // pixels between a word and its tip

/**
 * Says in `aria-describedby` what `text` says to those who see it.
 *
 * @param {Element} control
 * @param {string} text
 * @param {string} id
 */
export function explain(control, text, id) {
  const words = Object.assign(document.createElement("span"), { id, hidden: true, textContent: text });
  control.setAttribute("aria-describedby", id);
  return words;
}

/** @param {EventTarget | null} target @returns {HTMLElement | null} what has the tip that is meant there */
const tippedOf = (target) => (target instanceof Element ? target.closest("[data-tip]") : null);

/** The tip that is shown for the whole page. */
export class TipBox extends HTMLElement {
  /** @type {HTMLElement | null} */
  #anchor = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  connectedCallback() {
    for (const field of document.querySelectorAll(".field[data-tip]")) {
      const control = field.querySelector("input, select");
      const text = field.getAttribute("data-tip") ?? "";
      if (control) field.append(explain(control, text, `${control.id}-tip`));
    }
    document.addEventListener("pointerover", ({ target, pointerType }) => {
      if (this.#contains(target)) clearTimeout(this.#timer);
      else if (pointerType !== "touch") this.#point(tippedOf(target));
    });
    document.documentElement.addEventListener("pointerleave", () => this.#point(null));
    // With a finger the focus comes with the tap, and what is no field has its tip by the tap alone.
    document.addEventListener("click", ({ target }) => {
      const touched = tippedOf(target);
      if (touched && matchMedia("(hover: none)").matches) this.#show(touched);
      else if (!touched && !this.#contains(target)) this.#hide();
    });
    document.addEventListener("focusin", ({ target }) => {
      const focused = tippedOf(target);
      if (focused && /** @type {Element} */ (target).matches(":focus-visible")) this.#show(focused);
      else if (this.#anchor && !this.#anchor.contains(/** @type {Node} */ (target))) this.#hide();
    });
    document.addEventListener("focusout", () => this.#later(() => this.#hide(), HIDE_AFTER_MS));
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.#hide());
    // A tip that is still to come finds its place when it comes.
    document.addEventListener("scroll", () => this.hidden || this.#hide(), { capture: true, passive: true });
  }

  /** @param {EventTarget | null} target */
  #contains(target) {
    return target instanceof Node && this.contains(target);
  }

  /** @param {HTMLElement | null} node */
  #point(node) {
    if (node === this.#anchor && node) clearTimeout(this.#timer);
    else if (node) this.#later(() => this.#show(node), SHOW_AFTER_MS);
    else if (this.#anchor && !this.#anchor.contains(document.activeElement)) {
      this.#later(() => this.#hide(), HIDE_AFTER_MS);
    } else if (!this.#anchor) clearTimeout(this.#timer);
  }

  /**
   * @param {() => void} act
   * @param {number} wait
   */
  #later(act, wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(act, wait);
  }

  /** @param {HTMLElement} node */
  #show(node) {
    clearTimeout(this.#timer);
    if (!node.isConnected || !node.dataset.tip) return;
    this.#anchor = node;
    this.textContent = node.dataset.tip;
    this.hidden = false;
    const place = node.getBoundingClientRect();
    const size = this.getBoundingClientRect();
    const below = place.bottom + GAP;
    const fits = below + size.height < window.innerHeight;
    // Set one by one: a strict policy allows this, and no style attribute.
    this.style.top = `${Math.max(GAP, fits ? below : place.top - GAP - size.height)}px`;
    this.style.left = `${Math.max(GAP, Math.min(place.left, window.innerWidth - size.width - GAP))}px`;
  }

  #hide() {
    clearTimeout(this.#timer);
    if (this.hidden) return;
    this.hidden = true;
    this.#anchor = null;
  }
}

customElements.define("tip-box", TipBox);
