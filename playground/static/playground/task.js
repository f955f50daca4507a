/* What sweeps and comparisons have above their results: how far they are, stop, name, delete, and what went wrong.
   The run's events are followed from the first one on, across reloads and lost connections. */

import { announce, element, find, formatSeconds } from "./dom.js";
import { allowDelete, showName, startNaming } from "./naming.js";
import { connect } from "./socket.js";

const TELL_AT = [25, 50, 75]; // percent, to those who listen
const GONE = ["run_not_found"];

/** `onScores(scores)` hears of each SweepScore, `onEnd(result)` of what came of it: null where it was stopped or failed.
    `ends` names the event. Gives the socket. */
export function startTask({ run }, { ends, onScores, onEnd }) {
  const socket = connect("/ws/training/");
  const wasOver = run.over;
  let began = performance.now() - 1000 * (run.elapsed ?? 0);
  let last = { done: 0, total: 0, left: null };
  let told = 0;

  const seconds = () => (wasOver ? run.elapsed : (performance.now() - began) / 1000);
  const mine = (handler) => (data) => data.run_id === run.run_id && handler(data);
  const count = ({ done, total }) => `${done.toLocaleString()} of ${total.toLocaleString()} trainings`;

  function write() {
    const left = last.left && last.done < last.total ? ` · about ${formatSeconds(last.left)} left` : "";
    find("status").textContent = last.total ? `${count(last)} · ${formatSeconds(seconds())} so far${left}` : "Waiting for its turn, or getting ready …";
  }

  const ticking = wasOver ? null : setInterval(write, 1000);

  function end(status) {
    clearInterval(ticking);
    find("stop").hidden = true;
    find("status").textContent = status;
    allowDelete(true);
  }

  socket.on("closed", () => (find("offline").hidden = false));
  socket.on("open", () => (find("offline").hidden = true));
  socket.on("error", (error, replyTo) => {
    if (replyTo || error.event !== "watchTraining") return;
    if (GONE.includes(error.code)) socket.unwatch(run.run_id); // or else it would be asked for after each reconnect
    showError(error);
  });
  socket.on("sweepProgress", mine(({ progress, done, total, results, eta_seconds: left }) => {
    if (!last.total && run.elapsed === null) began = performance.now(); // it has waited until now
    last = { done, total, left };
    find("progress").value = progress;
    const passed = TELL_AT.filter((percent) => progress >= percent).at(-1) ?? 0;
    if (!wasOver && passed > told && progress < 100) announce(`${passed} percent done.`);
    told = Math.max(told, passed);
    onScores(results);
    if (!wasOver) write();
  }));
  socket.on(ends, mine((result) => {
    if (!result.success) {
      end(last.total ? `It failed after ${count(last)}.` : "It failed.");
      showError(result);
      onEnd(null);
      return;
    }
    find("progress").value = 100;
    end(`Done: ${last.total.toLocaleString()} trainings in ${formatSeconds(seconds() ?? 0)}.`);
    onEnd(result);
  }));
  socket.on("trainingCancelled", mine(() => {
    end(last.total ? `Stopped after ${count(last)}.` : "Stopped before it began.");
    announce("It was stopped.");
    onEnd(null);
  }));
  find("stop").addEventListener("click", () => {
    find("stop").disabled = true;
    socket.emit("cancelTraining", { run_id: run.run_id });
  });
  startNaming(socket, showError);
  showName(run);
  if (!wasOver) write();
  socket.watch(run.run_id, 0);
  return socket;
}

export function showError({ message, hint }) {
  find("failure").hidden = false;
  find("failure").replaceChildren(element("strong", {}, message), ` ${hint ?? ""}`);
}
