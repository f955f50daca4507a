/* The place of a page where screen readers hear what has happened. */

const WAIT_MS = 150; // of several texts in quick succession, the last one is said

export class PageAnnouncer extends HTMLElement {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} text */
  say(text) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.textContent = text;
    }, WAIT_MS);
  }
}

customElements.define("page-announcer", PageAnnouncer);

/**
 * Says something to screen readers, politely.
 *
 * @param {string} text
 */
export function announce(text) {
  document.querySelector("page-announcer")?.say(text);
}
