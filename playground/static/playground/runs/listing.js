/* Fetches the runs of this visitor, page by page, and follows those that are going on. */

import { announce } from "../ui/announcer.js";
import { formatMetric, isActive, metricName, STATUS_NAMES, titleOf } from "../ui/headline.js";
import { describeCount, needsAll } from "./store.js";

const PAGE = 100; // runs a question
const MAX_FOLLOWED = 50; // the socket allows twice as many
const REFRESH_AFTER_MS = 400;

/** Keeps the store up to date. Gives what a visitor may ask for: more rows, or a look through other runs.
    @param {ReturnType<typeof import("./store.js").createRunsStore>} store @param {any} socket */
export function followRuns(store, socket) {
  const followed = new Set();
  let fetching = Promise.resolve();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let refreshing;

  /** Does something with the server, and keeps what went wrong with it. @param {() => Promise<void>} work */
  async function attempt(work) {
    try {
      await work();
      store.send({ type: "failed", error: null });
    } catch (/** @type {any} */ error) {
      if (error.code !== "connection_lost") store.send({ type: "failed", error }); // after a loss, "open" comes again
    }
  }

  async function refresh() {
    const { runs } = await socket.request("listTrainings", { limit: PAGE });
    store.send({ type: "listed", runs, isWhole: runs.length < PAGE });
    await fetchNeeded();
  }

  /** One page after the other, never two at once. */
  function fetchMore() {
    const next = fetching.then(async () => {
      const oldest = store.state.runs.at(-1);
      if (store.state.complete || !oldest) return;
      const { runs } = await socket.request("listTrainings", { limit: PAGE, before: oldest.run_id });
      store.send({ type: "paged", runs, isWhole: runs.length < PAGE });
    });
    fetching = next.catch(() => {}); // told to the one who asked; the next one tries again
    return next;
  }

  async function fetchNeeded() {
    while (!store.state.complete && store.state.runs.length > 0 && needsAll(store.state)) await fetchMore();
  }

  async function showMore() {
    store.send({ type: "extended" });
    if (!store.state.complete && store.state.runs.length < store.state.shown) await fetchMore();
  }

  async function lookThrough() {
    await fetchNeeded();
    announce(describeCount(store.state));
  }

  /** The newest of the runs that are going on. */
  function follow() {
    for (const run of store.state.runs) {
      if (!isActive(run) || followed.has(run.run_id) || followed.size >= MAX_FOLLOWED) continue;
      followed.add(run.run_id);
      socket.watch(run.run_id, run.last_seq);
    }
  }

  /** @param {string} runId @param {Record<string, any>} changes */
  function end(runId, changes) {
    if (!store.state.runs.some((run) => run.run_id === runId)) return;
    store.send({ type: "patched", runId, changes });
    followed.delete(runId);
    socket.unwatch(runId); // its files are none of this page's business
    const summary = store.state.runs.find((run) => run.run_id === runId);
    const came = summary.metric ? `: ${formatMetric(summary.metric, summary.value)} ${metricName(summary.metric)}` : "";
    announce(`${titleOf(summary)}: ${STATUS_NAMES[summary.status]}${came}.`);
    clearTimeout(refreshing);
    refreshing = setTimeout(() => attempt(refresh), REFRESH_AFTER_MS); // for how long it took
  }

  for (const event of ["trainingProgress", "sweepProgress"]) {
    socket.on(event, (/** @type {any} */ { run_id: runId, progress }) =>
      store.send({ type: "patched", runId, changes: { status: "running", progress } }),
    );
  }
  for (const event of ["trainingResult", "sweepResult", "trainingCompared"]) {
    socket.on(event, (/** @type {any} */ { run_id: runId, success, message, auxiliary_outputs: outputs }) =>
      end(runId, { status: success ? "succeeded" : "failed", message, ...outputs?.headline }),
    );
  }
  socket.on("trainingCancelled", (/** @type {any} */ { run_id: runId }) => end(runId, { status: "cancelled" }));
  socket.on("open", () => attempt(refresh));
  document.addEventListener("visibilitychange", () => !document.hidden && attempt(refresh));
  store.watch(({ runs }) => runs, follow);
  return { showMore: () => attempt(showMore), lookThrough: () => attempt(lookThrough) };
}
