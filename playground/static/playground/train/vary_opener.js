/* Opens the sweep dialog, whose module is fetched when it is first opened. Called by the page's beginning. */

import { takeKept } from "./vary_again.js";

/** @param {any} page what the dialog needs, see vary.js
    @param {{ button: HTMLElement, setup: HTMLElement, dialog: HTMLElement }} nodes */
export function startVaryOpener(page, { button, setup, dialog }) {
  let touched = ""; // the path of the setting that the learner was at last
  let again = takeKept();
  let isStarted = false;

  /** @param {any} kept */
  async function open(kept = null) {
    await import("./vary.js"); // which makes the dialog a component
    const component = /** @type {import("./vary.js").SweepDialog} */ (dialog);
    if (!isStarted) component.start(page);
    isStarted = true;
    await component.open({ touched, again: kept });
  }

  page.store.watch(
    (/** @type {any} */ { checked }) => checked,
    (/** @type {any} */ checked) => {
      if (checked && again) void open(again);
      if (checked) again = null;
    },
  );
  setup.addEventListener("focusin", ({ target }) => {
    touched = (target instanceof HTMLElement && pathOf(target)) || touched;
  });
  button.addEventListener("click", () => open());
}

/** Where in the spec a field of the Train page stands. @param {HTMLElement} field */
function pathOf(field) {
  const { name } = /** @type {HTMLInputElement} */ (field);
  const layer = field.closest("#layers > li");
  if (layer?.parentElement && name) return `user_arch[${[...layer.parentElement.children].indexOf(layer)}].${name}`;
  if (field.closest("estimator-editor")) return name ? `user_model.${name}` : "user_model";
  return field.closest(".settings") ? field.id : null;
}
