/* One row of My runs: built once, filled anew whenever its run changes, so that focus and ticks stay. */

import { element } from "../ui/dom.js";
import {
  durationOf,
  formatDuration,
  formatMetric,
  isActive,
  isTraining,
  metricName,
  STATUS_NAMES,
  STATUS_SIGNS,
  titleOf,
} from "../ui/headline.js";
import { reuse } from "../train/reuse.js";
import { openShare } from "../run/share.js";

const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** `pick(runId, isPicked)` hears of the tick, `patch(changes)` of a link that is created or removed. Gives { node,
    fill(summary), lock(isLocked) }.
    @param {any} socket @param {any} summary
    @param {{ sharing: boolean, pick: (runId: string, isPicked: boolean) => void, patch: (changes: any) => void }} options */
export function buildRow(socket, summary, { sharing, pick, patch }) {
  let run = summary;
  const cell = (/** @type {string} */ name, /** @type {string | null} */ label, /** @type {any[]} */ ...children) =>
    element("td", { role: "cell", className: name, "data-label": label }, ...children);
  const box = element("input", { type: "checkbox", onchange: () => pick(run.run_id, box.checked) });
  const name = element("a", { href: run.url, className: "short" });
  const data = cell("data", "Table");
  const model = cell("model", "Model");
  const status = cell("status", "Status");
  const result = cell("result", "Result");
  const took = cell("took", "Duration");
  const again = element(
    "button",
    { type: "button", title: "Opens the Train page with the setup of this run" },
    "Use this setup",
  );
  again.addEventListener("click", () => use(socket, run, again));
  const share =
    sharing &&
    isTraining(run) &&
    element("button", {
      type: "button",
      onclick: () => openShare(socket, run, (/** @type {string} */ url) => patch({ shared_url: url })),
    });
  const node = element(
    "tr",
    { role: "row" },
    cell("pick", null, element("label", {}, box)),
    element("th", { role: "rowheader", scope: "row", className: "name" }, name),
    data,
    model,
    status,
    result,
    cell("when", "Created", element("time", { dateTime: run.created }, moment.format(new Date(run.created)))),
    took,
    cell("actions", null, run.kind === "comparison" ? null : again, share || null),
  );

  /** @param {any} next */
  function fill(next) {
    const isNew = next.status !== run.status || !status.hasChildNodes();
    run = next;
    const title = titleOf(run);
    name.textContent = title;
    name.title = run.name || `${run.model} on ${run.data}`;
    box.ariaLabel = `Compare ${title}`;
    again.ariaLabel = `Use the setup of ${title}`;
    const target = run.target ? element("small", {}, `Target: ${run.target}`) : null;
    for (const [cell, text] of [
      [data, run.data],
      [model, run.model],
    ])
      cell.replaceChildren(element("span", { className: "short", title: text }, text));
    if (target) data.append(target);
    if (!isTraining(run)) model.prepend(element("span", { className: "kind" }, run.kind));
    if (isNew) status.replaceChildren(...describeStatus(run));
    if (isActive(run)) fillProgress(status, run);
    result.replaceChildren(...describeResult(run));
    took.textContent = formatDuration(durationOf(run));
    if (share) {
      share.textContent = run.shared_url ? "Shared ✓" : "Share";
      share.ariaLabel = `${run.shared_url ? "Shared: the link of" : "Share"} ${title}`;
    }
  }

  const lock = (/** @type {boolean} */ isLocked) => (box.disabled = isLocked || !isTraining(run));
  lock(false);
  fill(run);
  return { node, fill, lock };
}

/** @param {any} run */
function describeStatus({ status, message }) {
  const sign = element("span", { className: `sign ${status}`, "aria-hidden": "true" }, STATUS_SIGNS[status]);
  const words = element("span", {}, ` ${STATUS_NAMES[status]} `);
  if (status === "running")
    return [
      sign,
      words,
      element("output", { "aria-live": "off" }),
      element("progress", { max: 100, "aria-label": "Progress" }),
    ];
  return status === "failed" ? [sign, words, element("small", { title: message }, message)] : [sign, words];
}

/** @param {HTMLElement} cell @param {any} run */
function fillProgress(cell, { progress }) {
  const bar = cell.querySelector("progress");
  if (!bar) return;
  bar.value = progress;
  const text = cell.querySelector("output");
  if (text) text.textContent = `${Math.floor(progress)} %`;
}

/** @param {any} run */
function describeResult(run) {
  const { status, message, metric, value, baseline, url } = run;
  if (!isTraining(run) && status === "succeeded")
    return [element("a", { href: url, title: message, ariaLabel: `Results of ${titleOf(run)}` }, "Show the results")];
  if (!metric) return ["–"];
  return [
    element("strong", {}, formatMetric(metric, value)),
    ` ${metricName(metric)} `,
    element("small", {}, `baseline ${formatMetric(metric, baseline)}`),
  ];
}

/** @param {any} socket @param {any} run @param {HTMLButtonElement} button */
async function use(socket, run, button) {
  button.disabled = true;
  try {
    await reuse(socket, { run_id: run.run_id });
  } catch (/** @type {any} */ error) {
    button.disabled = false;
    button.textContent = error.message;
  }
}
