/* <ask-dialog>: a <dialog> of the template that asks for something. Its buttons have the values "ok" and "cancel". */

import { Component } from "./component.js";

export class AskDialog extends Component {
  connectedCallback() {
    this.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !(event.target instanceof HTMLInputElement)) return;
      event.preventDefault(); // or else the first button, which cancels, would be pressed
      this.#dialog.close("ok");
    });
  }

  get #dialog() {
    return this.one("dialog", HTMLDialogElement);
  }

  /** @returns {Promise<boolean>} whether it was closed with "ok" */
  ask() {
    const dialog = this.#dialog;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok"), { once: true });
    });
  }
}

customElements.define("ask-dialog", AskDialog);

/**
 * Opens a dialog that is made for the occasion, and removes it when it closes.
 *
 * @param {HTMLDialogElement} dialog
 */
export function openDialog(dialog) {
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
