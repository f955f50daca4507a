/* A link for a run: created, copied and removed in a dialog. Called by the run page and by My runs. */

import { openDialog } from "../ui/dialog.js";
import { announce, element } from "../ui/dom.js";
import { titleOf } from "../ui/headline.js";

const KEPT_BACK =
  "Files that hold rows of your own table are not shared. A model may reveal some of its training rows.";

/**
 * @typedef {(event: "shareTraining" | "unshareTraining", said: string) => void} Ask
 */

/**
 * @param {import("../wire/socket.js").Socket} socket
 * @param {import("../wire/types.d.ts").RunSummary} run
 * @param {(url: string) => void} [onChange] hears of the link, empty once it is removed
 */
export function openShare(socket, run, onChange = () => {}) {
  const problem = element("p", { className: "problem error", role: "alert", hidden: true });
  const body = element("div", {});
  /** @type {HTMLDialogElement} */
  const dialog = element(
    "dialog",
    { className: "share", "aria-labelledby": "share-title" },
    element("h2", { id: "share-title" }, "Share this run"),
    element(
      "p",
      {},
      `Everyone with the link sees the results of “${titleOf(run)}” and can download its files. Only you can change, stop or delete it.`,
    ),
    element("p", { className: "quiet" }, KEPT_BACK),
    body,
    problem,
    element(
      "p",
      { className: "buttons" },
      element("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
  );

  /** @type {Ask} */
  async function ask(event, said) {
    try {
      const answer = await socket.request(event, { run_id: run.run_id });
      const url = "url" in answer ? answer.url : "";
      problem.hidden = true;
      onChange(url);
      draw(url);
      announce(said);
    } catch (/** @type {any} */ error) {
      problem.hidden = false;
      problem.replaceChildren(element("strong", {}, error.message), ` ${error.hint ?? ""}`);
    }
  }

  /** @param {string} url */
  function draw(url) {
    body.replaceChildren(...(url ? drawLink(url, ask) : [makeButton(ask)]));
    /** @type {HTMLElement} */ (body.querySelector("input, button")).focus();
  }

  openDialog(dialog);
  draw(run.shared_url);
}

/** @param {Ask} ask */
const makeButton = (ask) =>
  element(
    "button",
    { type: "button", className: "primary", onclick: () => ask("shareTraining", "The link is created.") },
    "Create a link",
  );

/**
 * @param {string} url
 * @param {Ask} ask
 * @returns {HTMLElement[]}
 */
function drawLink(url, ask) {
  const address = new URL(url, window.location.href).href;
  /** @type {HTMLInputElement} */
  const field = element("input", {
    type: "text",
    readOnly: true,
    value: address,
    "aria-label": "The link",
    onfocus: () => field.select(),
  });
  const copied = element("span", { className: "quiet" });
  const copy = async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(address);
      copied.textContent = "Copied ✓";
      announce("The link is copied.");
    } catch {
      copied.textContent = "It is selected: copy it with Ctrl+C."; // pages without https may not write there
    }
  };
  return [
    field,
    element(
      "p",
      { className: "buttons" },
      element("button", { type: "button", onclick: copy }, "Copy"),
      element("a", { href: url, target: "_blank", rel: "noopener" }, "Open it"),
      copied,
      element(
        "button",
        { type: "button", className: "last", onclick: () => ask("unshareTraining", "The link is removed.") },
        "Remove the link",
      ),
    ),
  ];
}
