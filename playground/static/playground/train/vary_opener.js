/* What opens the dialog "Hyperparameter sweep", which is fetched when it is first opened. Called by app.js. */

import { onChecked } from "./check.js";
import { find } from "../ui/dom.js";
import { takeKept } from "./vary_again.js";

export function startVaryOpener(socket, catalog) {
  let problemType = null; // as checked last
  let touched = ""; // the path of the setting that the learner was at last
  let again = takeKept();
  let dialog = null; // a promise of its module

  async function open(kept = null) {
    dialog ??= import("./vary.js").then((module) => {
      module.startVary(socket);
      return module;
    });
    (await dialog).openVary(catalog, { problemType, touched, again: kept });
  }

  onChecked((checked) => {
    problemType = checked.problem_type ?? problemType;
    if (again) open(again);
    again = null;
  });
  find("setup").addEventListener("focusin", ({ target }) => (touched = pathOf(target) ?? touched));
  find("vary-open").addEventListener("click", () => open());
}

/** Where in the spec a field of the Train page stands. */
function pathOf(field) {
  const layer = field.closest("#layers > li");
  if (layer && field.name) return `user_arch[${[...layer.parentElement.children].indexOf(layer)}].${field.name}`;
  if (field.closest("#estimator-editor")) return field.name ? `user_model.${field.name}` : "user_model";
  return field.closest(".settings") ? field.id : null;
}
