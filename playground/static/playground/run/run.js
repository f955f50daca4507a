/* The run that a page shows: its store, kept up to date by the socket, and its components. */

import { startComponents } from "../ui/component.js";
import { announce } from "../ui/announcer.js";
import "./boundary.js";
import "./clock.js";
import "./code.js";
import "./curves.js";
import "./downloads.js";
import { patchSpec } from "./experiment.js";
import "./diagnosis_cards.js";
import "./facts.js";
import "./head.js";
import "./insights.js";
import "./mailing.js";
import "./outcome.js";
import "./replay.js";
import "./results.js";
import "./rows.js";
import "./sound.js";
import { createRunStore } from "./store.js";
import "./threshold.js";
import "./tryit.js";

/**
 * @typedef {import("../wire/socket.js").Socket} Socket
 * @typedef {import("./types.d.ts").Run} Run
 * @typedef {import("./types.d.ts").Failure} Failure
 */

const EVENTS = /** @type {const} */ ([
  "trainingProgress",
  "trainingBoundary",
  "trainingResult",
  "trainingCancelled",
  "trainingInsights",
  "trainingArtifacts",
]);

/**
 * Starts the components of the panel `root`. It is hidden until a run is opened or started.
 *
 * @param {HTMLElement} root
 * @param {Socket} socket
 * @param {{ run: Run | null, mail: import("./types.d.ts").RunContext["mail"], showsRows?: boolean }} page what the server
 *   knew, and whether this visitor may look at rows of the table
 * @param {(spec: Record<string, any>) => void} [adopt] hears the spec of an experiment before it starts
 */
export function startRun(root, socket, page, adopt = () => {}) {
  const store = createRunStore();
  for (const type of EVENTS) socket.on(type, (data) => store.send(/** @type {any} */ ({ ...data, type })));
  store.watch(
    ({ run }) => run !== null,
    (isShown) => {
      root.hidden = !isShown;
    },
  );
  store.watch(
    ({ failure }) => failure,
    (failure) => failure && announce(failure.message),
  );

  /** Shows another run than before. @param {import("./types.d.ts").RunEvent} event */
  function turnTo(event) {
    const before = store.state.run?.run_id;
    if (before) socket.unwatch(before);
    store.send(event);
  }

  /**
   * Follows a run from its first event on.
   *
   * @param {string} id
   */
  function open(id) {
    const run = page.run?.run_id === id ? page.run : { run_id: id, name: "", own: false, spec: null };
    turnTo({ type: "opened", run, phase: "loading" });
    socket.watch(id, 0);
    root.scrollIntoView({ block: "start" });
  }

  /**
   * Trains and shows the new run. Rejects with a ServerError.
   *
   * @param {Record<string, any>} spec
   * @param {string} [target] where the spec leaves it to the table
   */
  async function launch(spec, target = "") {
    const { run_id, position } = await socket.request("runTraining", spec);
    const run = {
      run_id,
      name: spec.custom_model_name ?? "",
      own: true,
      spec,
      elapsed: 0,
      target: spec.target ?? target,
    };
    turnTo({ type: "opened", run, phase: "waiting", position });
    const lab = new URLSearchParams(window.location.search).get("lab"); // stays in sight, also after a reload
    window.history.pushState({}, "", `/runs/${run_id}/${lab === null ? "" : `?${new URLSearchParams({ lab })}`}`);
    root.scrollIntoView({ block: "start" });
    announce("Training has started.");
  }

  /** @param {import("../wire/json_patch.js").Operation[]} patch */
  async function experiment(patch) {
    const { run } = store.state;
    if (!run?.spec) return;
    try {
      const spec = patchSpec(run.spec, patch);
      adopt(spec);
      await launch(spec, run.target);
    } catch (error) {
      store.send({ type: "complained", failure: /** @type {Failure} */ (error) });
    }
  }

  /** Shows why a run was not started. @param {Failure} failure */
  const refuse = (failure) => turnTo({ type: "refused", failure });

  /** Shows why the run that is shown cannot be followed. @param {Failure} failure */
  const fail = (failure) => store.send({ type: "failed", failure });

  window.addEventListener("popstate", () => window.location.reload());
  startComponents({ store, socket, mail: page.mail, showsRows: page.showsRows ?? true, experiment }, root);
  return { open, launch, refuse, fail };
}
