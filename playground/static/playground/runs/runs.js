/* My runs: all of them, found, sorted and followed while they train. Everything comes from the training socket. */

import { followConnection } from "../ui/connection.js";
import { announce, element, find } from "../ui/dom.js";
import { formatMetric, isActive, metricName, STATUS_NAMES, titleOf } from "../ui/headline.js";
import { compareBy, matches, startSorting } from "./run_order.js";
import { buildRow } from "./run_row.js";
import { connect } from "../wire/socket.js";

const PAGE = 100; // runs a question
const STEP = 50; // rows that are shown at first, and more each time
const MAX_FOLLOWED = 50; // the socket allows twice as many
const REFRESH_AFTER_MS = 400;

const socket = connect("/ws/training/");
const options = { sharing: Boolean(find("my-runs").dataset.sharing), most: Number(find("my-runs").dataset.most) };
const runs = new Map(); // run_id -> RunSummary, newest first as they came
const rows = new Map(); // run_id -> what buildRow gives
const picked = new Set();
const followed = new Set();
let oldest = null; // the run_id to go on after
let complete = false;
let shown = STEP;
let order = { key: "created", descending: true };
let fetching = Promise.resolve();
let refreshing = null;

followConnection(socket);
socket.on("open", () => run(refresh));
for (const event of ["trainingProgress", "sweepProgress"]) socket.on(event, ({ run_id, progress }) => patch(run_id, { status: "running", progress }));
for (const event of ["trainingResult", "sweepResult", "trainingCompared"]) {
  socket.on(event, ({ run_id, success, message, auxiliary_outputs: outputs }) => end(run_id, { status: success ? "succeeded" : "failed", message, ...outputs?.headline }));
}
socket.on("trainingCancelled", ({ run_id }) => end(run_id, { status: "cancelled" }));
document.addEventListener("visibilitychange", () => !document.hidden && run(refresh));
startSorting((chosen) => {
  order = chosen;
  run(lookThrough);
});
for (const [id, event] of [["search", "input"], ["status-filter", "change"]]) find(id).addEventListener(event, () => run(lookThrough));
find("more").addEventListener("click", () => run(showMore));
find("compare").addEventListener("click", () => window.location.assign(`/runs/compare/?runs=${[...picked].join(",")}`));
new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && !find("more").hidden && run(showMore), { rootMargin: "300px" }).observe(find("more"));

/** Does something with the server and says what went wrong with it. */
async function run(work) {
  try {
    await work();
    find("runs-error").hidden = true;
  } catch (error) {
    if (error.code === "connection_lost") return; // the banner says so, and "open" asks again
    find("runs-error").hidden = false;
    find("runs-error").replaceChildren(element("strong", {}, error.message), ` ${error.hint ?? ""}`);
  }
}

/** The newest page again: new runs come in, known ones get their numbers, and what was deleted goes. */
async function refresh() {
  const page = await socket.request("listTrainings", { limit: PAGE });
  const isWhole = page.runs.length < PAGE;
  const last = page.runs.at(-1);
  const older = isWhole ? [] : [...runs.values()].filter(({ created }) => created < last.created);
  runs.clear();
  for (const each of [...page.runs, ...older]) runs.set(each.run_id, each);
  for (const runId of picked) if (!runs.has(runId)) pick(runId, false);
  oldest = [...runs.keys()].at(-1) ?? null;
  complete ||= isWhole;
  draw();
  await fetchNeeded();
}

/** One page after the other, never two at once. */
function fetchMore() {
  fetching = fetching.then(async () => {
    if (complete || oldest === null) return;
    const page = await socket.request("listTrainings", { limit: PAGE, before: oldest });
    for (const each of page.runs) runs.set(each.run_id, each);
    oldest = page.runs.at(-1)?.run_id ?? oldest;
    complete = page.runs.length < PAGE;
  });
  const done = fetching;
  fetching = fetching.catch(() => {}); // told to whoever asked; the next one tries again
  return done;
}

async function showMore() {
  shown += STEP;
  if (!complete && runs.size < shown) await fetchMore();
  draw();
}

/** In another order, or of some runs alone, only all of them give a true answer. */
async function fetchNeeded() {
  while (!complete && oldest !== null && (order.key !== "created" || !order.descending || isFiltered())) {
    await fetchMore();
    draw();
  }
}

async function lookThrough() {
  shown = STEP;
  draw();
  await fetchNeeded();
  announce(find("count").textContent);
}

const isFiltered = () => find("search").value.trim() !== "" || find("status-filter").value !== "";

function draw() {
  const found = [...runs.values()].filter((each) => matches(each, find("search").value, find("status-filter").value)).sort(compareBy(order));
  const visible = found.slice(0, shown);
  const focused = document.activeElement;
  find("rows").replaceChildren(...visible.map(rowOf));
  if (focused?.isConnected && focused !== document.body) focused.focus({ preventScroll: true }); // moving a row loses it
  find("more").hidden = visible.length === found.length && complete;
  find("count").textContent = describeCount(found.length);
  find("empty").hidden = found.length > 0;
  find("runs").hidden = found.length === 0;
  if (!found.length) find("empty").replaceChildren(...(runs.size ? ["None of your runs is like that."] : ["There are no runs yet. ", element("a", { href: "/" }, "Train your first model"), "."]));
  follow();
}

function describeCount(found) {
  const total = `${runs.size}${complete ? "" : " or more"}`;
  if (isFiltered()) return `${found} of ${total} runs`;
  return runs.size === 1 && complete ? "1 run" : `${total} runs`;
}

function rowOf(summary) {
  if (!rows.has(summary.run_id)) rows.set(summary.run_id, buildRow(socket, summary, { ...options, pick }));
  const row = rows.get(summary.run_id);
  row.fill(summary);
  return row.node;
}

function pick(runId, isPicked) {
  if (isPicked) picked.add(runId);
  else picked.delete(runId);
  const count = picked.size;
  find("compare").disabled = count < 2;
  find("compare").textContent = count < 2 ? "Compare" : `Compare ${count}`;
  find("compare-note").textContent = count === 1 ? "And another one?" : count < options.most ? `Choose 2 to ${options.most} to compare.` : `${options.most} is the most.`;
  for (const [id, row] of rows) row.lock(count >= options.most && !picked.has(id));
}

/** Runs that are going on, the newest ones. */
function follow() {
  for (const each of runs.values()) {
    if (!isActive(each) || followed.has(each.run_id) || followed.size >= MAX_FOLLOWED) continue;
    followed.add(each.run_id);
    socket.watch(each.run_id, each.last_seq);
  }
}

function patch(runId, changes) {
  if (!runs.has(runId)) return;
  const summary = { ...runs.get(runId), ...changes };
  runs.set(runId, summary);
  rows.get(runId)?.fill(summary);
}

function end(runId, changes) {
  if (!runs.has(runId)) return;
  patch(runId, changes);
  followed.delete(runId);
  socket.unwatch(runId); // its files are none of this page's business
  const summary = runs.get(runId);
  const came = summary.metric ? `: ${formatMetric(summary.metric, summary.value)} ${metricName(summary.metric)}` : "";
  announce(`${titleOf(summary)}: ${STATUS_NAMES[summary.status]}${came}.`);
  clearTimeout(refreshing);
  refreshing = setTimeout(() => run(refresh), REFRESH_AFTER_MS); // for how long it took
}
