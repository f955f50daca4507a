/* A link for a run: created, copied and removed in a dialog. Called by the run page and by My runs. */

import { announce, element, find } from "../ui/dom.js";
import { titleOf } from "../ui/headline.js";

const RUN_PATH = /^\/runs\/([0-9a-f-]{36})\/$/;
const KEPT_BACK = "Files that hold rows of your own table are not shared. A model may reveal some of its training rows.";

/** The run page's own button: the address says which run it is. */
export function startShareButton(socket) {
  find("share")?.addEventListener("click", async () => {
    const runId = window.location.pathname.match(RUN_PATH)?.[1];
    if (!runId) return;
    try {
      openShare(socket, (await socket.request("describeTraining", { run_id: runId })).run);
    } catch (error) {
      announce(error.message);
    }
  });
}

/** `run` is a RunSummary; `onChange(url)` hears of the link, empty once it is taken back. */
export function openShare(socket, run, onChange = () => {}) {
  const problem = element("p", { className: "problem error", role: "alert", hidden: true });
  const body = element("div", {});
  const dialog = element(
    "dialog",
    { className: "share", "aria-labelledby": "share-title" },
    element("h2", { id: "share-title" }, "Share this run"),
    element("p", {}, `Everyone with the link sees the results of “${titleOf(run)}” and can download its files. Only you can change, stop or delete it.`),
    element("p", { className: "quiet" }, KEPT_BACK),
    body,
    problem,
    element("p", { className: "buttons" }, element("button", { type: "button", onclick: () => dialog.close() }, "Close")),
  );

  async function ask(event, said) {
    try {
      const { url = "" } = await socket.request(event, { run_id: run.run_id });
      problem.hidden = true;
      onChange(url);
      draw(url);
      announce(said);
    } catch (error) {
      problem.hidden = false;
      problem.replaceChildren(element("strong", {}, error.message), ` ${error.hint ?? ""}`);
    }
  }

  function draw(url) {
    body.replaceChildren(...(url ? drawLink(url, ask) : [makeButton(ask)]));
    body.querySelector("input, button").focus();
  }

  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  draw(run.shared_url);
}

const makeButton = (ask) => element("button", { type: "button", className: "primary", onclick: () => ask("shareTraining", "The link is created.") }, "Create a link");

function drawLink(url, ask) {
  const address = new URL(url, window.location.href).href;
  const field = element("input", { type: "text", readOnly: true, value: address, "aria-label": "The link", onfocus: () => field.select() });
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
      element("button", { type: "button", className: "last", onclick: () => ask("unshareTraining", "The link is removed.") }, "Remove the link"),
    ),
  ];
}
