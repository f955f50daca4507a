/* "Is the difference significant?": the server trains two runs with other seeds, and says what came of it. */

import { announce, element, find } from "../ui/dom.js";

/** Of two finished runs of the same metric. `draw` looks whether they are. */
export function startChance(socket, runs) {
  const button = find("chance");
  if (!button) return { draw() {} };
  let asked = null; // the run_id of the comparison under way

  socket.on("sweepProgress", ({ run_id, progress, done, total }) => {
    if (run_id !== asked) return;
    find("chance-progress").value = progress;
    find("chance-status").textContent = `${done} of ${total} trainings`;
  });
  socket.on("trainingCompared", ({ run_id, success, sentence, message, hint }) => run_id === asked && finish(success, success ? sentence : `${message ?? ""} ${hint ?? ""}`));
  socket.on("trainingCancelled", ({ run_id }) => run_id === asked && finish(false, "It was stopped."));
  socket.on("trainingResult", ({ run_id, success, message, hint }) => run_id === asked && !success && finish(false, `${message} ${hint}`));

  button.addEventListener("click", async () => {
    button.disabled = true;
    find("chance-answer").hidden = true;
    find("chance-status").textContent = "Both are trained with other seeds …";
    try {
      const [{ id: run_id }, { id: other_run_id }] = runs;
      asked = (await socket.request("compareTraining", { run_id, other_run_id })).run_id;
      find("chance-progress").hidden = false;
    } catch (error) {
      finish(false, `${error.message} ${error.hint ?? ""}`);
    }
  });

  function finish(success, text) {
    const link = success && element("a", { href: `/runs/${asked}/` }, "See all of the trainings");
    asked = null;
    find("chance-progress").hidden = true;
    find("chance-progress").value = 0;
    find("chance-status").textContent = "";
    const answer = find("chance-answer");
    answer.hidden = false;
    answer.className = `problem ${success ? "done" : "error"}`;
    answer.replaceChildren(element("span", {}, `${text} `), link || "");
    announce(text);
    draw();
  }

  function draw() {
    const metrics = new Set(runs.map(({ auxiliary }) => auxiliary?.headline.metric));
    button.disabled = asked !== null || metrics.size !== 1 || metrics.has(undefined);
  }

  return { draw };
}
