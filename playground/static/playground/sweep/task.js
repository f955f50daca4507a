/* What sweeps and comparisons have above their results: how far they are, stop, name, delete, and what went wrong.
   The run's events are followed from the first one on, across reloads and lost connections. */

import { followConnection } from "../ui/connection.js";
import { announce, element, find, formatSeconds } from "../ui/dom.js";
import { allowDelete, showName, startNaming } from "../ui/naming.js";
import { connect } from "../wire/socket.js";

const TELL_AT = [25, 50, 75]; // percent, to those who listen
const GONE = "run_not_found";

/** `onScores(scores)` hears of each SweepScore, `onEnd(result)` of what came of it: null where it was stopped or failed.
    `ends` names the event. Gives the socket. */
export function startTask({ run }, { ends, onScores, onEnd }) {
  const socket = connect("/ws/training/");
  const line = startLine(run);
  const mine = (handler) => (data) => data.run_id === run.run_id && handler(data);

  function end(status, result = null) {
    line.end(status);
    find("stop").hidden = true;
    allowDelete(true);
    onEnd(result);
  }

  followConnection(socket);
  socket.on("error", (error, replyTo) => {
    if (replyTo || error.event !== "watchTraining") return;
    if (error.code === GONE) socket.unwatch(run.run_id); // or else it would be asked for after each reconnect
    showError(error);
  });
  socket.on("sweepProgress", mine((message) => {
    onScores(message.results);
    line.show(message);
  }));
  socket.on(ends, mine((result) => {
    if (result.success) end(line.tellDone(), result);
    else {
      showError(result);
      end(line.tellPart("It failed"));
    }
  }));
  socket.on("trainingCancelled", mine(() => {
    announce("It was stopped.");
    end(line.tellPart("Stopped"));
  }));
  find("stop").addEventListener("click", () => {
    find("stop").disabled = true;
    socket.emit("cancelTraining", { run_id: run.run_id });
  });
  startNaming(socket, showError);
  showName(run);
  socket.watch(run.run_id, 0);
  return socket;
}

/** The line that says how far it is, for how long it has been going, and how long it will take. */
function startLine(run) {
  let began = performance.now() - 1000 * (run.elapsed ?? 0);
  let last = { done: 0, total: 0, left: null };
  let told = 0;
  const seconds = () => (run.over ? run.elapsed : (performance.now() - began) / 1000);
  const count = () => `${last.done.toLocaleString()} of ${last.total.toLocaleString()} trainings`;
  const ticking = run.over ? null : setInterval(write, 1000);

  function write() {
    const left = last.left && last.done < last.total ? ` · about ${formatSeconds(last.left)} left` : "";
    find("status").textContent = last.total ? `${count()} · ${formatSeconds(seconds())} so far${left}` : "Queued, or starting …";
  }

  function show({ progress, done, total, eta_seconds: left }) {
    if (!last.total && run.elapsed === null) began = performance.now(); // it has waited until now
    last = { done, total, left };
    find("progress").value = progress;
    if (run.over) return;
    const passed = TELL_AT.filter((percent) => progress >= percent).at(-1) ?? 0;
    if (passed > told && progress < 100) announce(`${passed} percent done.`);
    told = Math.max(told, passed);
    write();
  }

  function end(status) {
    clearInterval(ticking);
    find("status").textContent = status;
  }

  if (!run.over) write();
  return {
    show,
    end,
    tellDone: () => `Done: ${last.total.toLocaleString()} trainings in ${formatSeconds(seconds() ?? 0)}.`,
    tellPart: (word) => (last.total ? `${word} after ${count()}.` : `${word} before it began.`),
  };
}

export function showError({ message, hint }) {
  find("failure").hidden = false;
  find("failure").replaceChildren(element("strong", {}, message), ` ${hint ?? ""}`);
}
