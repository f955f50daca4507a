/* "Hyperparameter sweep": which settings of the setup vary, with which values and how many seeds, in a dialog of the Train
   page. What that comes to is asked of the server after each change. Loaded by vary_opener.js. */

import { settle } from "./check.js";
import { element, find, formatSeconds } from "../ui/dom.js";
import { toSpec, getSetup } from "./state.js";
import { drawAxis, readAxis } from "./vary_axis.js";
import { listChoices, withValues } from "./vary_choices.js";

const CHECK_AFTER_MS = 250;
const MOST_AXES = 4;
const OF_PATH = /^vary\["(.*?)"\]/;
const SEED = "seed";

let socket = null;
let choices = [];
let axes = []; // what drawAxis gives, in their order
let timer = null;

export function startVary(trainingSocket) {
  socket = trainingSocket;
  find("vary-more").addEventListener("click", () => {
    add();
    axes.at(-1).node.querySelector("select").focus();
  });
  find("vary-seeds").addEventListener("input", checkSoon);
  find("vary-cancel").addEventListener("click", () => find("vary").close());
  find("vary-form").addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
}

/** `touched` is the path of the setting that the learner was at last, `again` what a sweep tried that is to be changed. */
export async function openVary(catalog, { problemType, touched, again }) {
  await settle();
  choices = listChoices(catalog, problemType);
  axes = [];
  find("vary-axes").replaceChildren();
  const known = choices.filter(({ path }) => again && Object.hasOwn(again.vary, path)).map((choice) => withValues(choice, again.vary[choice.path]));
  for (const choice of known) add(choice);
  if (!known.length) add(choices.find(({ path }) => path === touched) ?? choices[0]);
  if (again) find("vary-seeds").value = String(again.seeds);
  find("vary").showModal();
  axes[0].node.querySelector("select").focus();
}

function add(choice = choices.find(({ path }) => !axes.some((axis) => axis.path === path))) {
  const axis = drawAxis(choices, choice, { onChange: changed, onRemove: () => remove(axis) });
  axes.push(axis);
  find("vary-axes").append(axis.node);
  changed();
}

function remove(axis) {
  axes = axes.filter((each) => each !== axis);
  axis.node.remove();
  changed();
  axes.at(-1).node.querySelector("select").focus();
}

function changed() {
  const taken = axes.map(({ path }) => path);
  for (const axis of axes) axis.lock(taken.filter((path) => path !== axis.path), axes.length > 1);
  find("vary-more").disabled = axes.length >= Math.min(MOST_AXES, choices.length);
  checkSoon();
}

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(check, CHECK_AFTER_MS);
  find("vary-run").disabled = true;
}

function toSweep() {
  const count = Math.trunc(find("vary-seeds").valueAsNumber) || 0;
  const first = getSetup().settings.seed ?? 0;
  const vary = Object.fromEntries(axes.map((axis) => [axis.path, readAxis(axis)]));
  return { spec: toSpec(), vary: { ...vary, [SEED]: Array.from({ length: Math.max(0, count) }, (_, place) => first + place) } };
}

async function check() {
  const sweep = toSweep();
  const words = findWords(sweep.vary);
  let checked = { problems: words };
  try {
    if (!words.length) checked = await socket.request("checkSweep", sweep);
  } catch (error) {
    checked = { problems: [{ ...error, message: error.message, level: "error" }] };
  }
  if (JSON.stringify(sweep) !== JSON.stringify(toSweep())) return; // an answer to what was there before
  const { problems } = checked;
  showProblems(problems);
  const errors = problems.filter(({ level }) => level === "error").length;
  find("vary-run").disabled = errors > 0;
  find("vary-summary").textContent = errors ? `Fix ${errors} ${errors === 1 ? "problem" : "problems"} first.` : summarize(checked, sweep.vary[SEED].length);
}

/** What was typed and is no number. */
function findWords(vary) {
  return axes.filter(({ field }) => field).flatMap(({ path }) => {
    const word = vary[path].find((value) => typeof value === "string");
    return word === undefined ? [] : [{ level: "error", where: `vary["${path}"]`, message: `“${word.slice(0, 50)}” is not a number.`, hint: "Write numbers with spaces between them, such as 0.01 0.1 1." }];
  });
}

function summarize({ runs, combinations, seconds }, seeds) {
  const time = seconds === null || seconds === undefined ? "" : `, ${seconds < 1 ? formatSeconds(seconds) : `about ${formatSeconds(seconds)}`} in total`;
  const sets = axes.length > 1 ? "combinations" : "values";
  return `${combinations} ${sets} × ${seeds} ${seeds === 1 ? "seed" : "seeds"} = ${runs} ${runs === 1 ? "training" : "trainings"}${time}.`;
}

/** Each at its setting, or else below all of them. */
function showProblems(problems) {
  const boxes = new Map([...axes.map(({ path, problems: box }) => [path, box]), [SEED, find("vary-seeds-problems")]]);
  const shown = new Map([...boxes.values(), find("vary-problems")].map((box) => [box, []]));
  for (const problem of problems) {
    const box = boxes.get(problem.where.match(OF_PATH)?.[1]) ?? find("vary-problems");
    shown.get(box).push(problemBox(problem));
  }
  for (const [box, nodes] of shown) box.replaceChildren(...nodes);
  for (const axis of axes) axis.mark(shown.get(axis.problems).some((node) => node.matches(".error")));
}

const problemBox = ({ level, message, hint }) =>
  element("p", { className: `problem ${level}` }, element("span", { "aria-hidden": "true" }, level === "error" ? "✕ " : "! "), element("strong", {}, message), ` ${hint ?? ""}`);

async function run() {
  if (find("vary-run").disabled) return;
  find("vary-run").disabled = true;
  try {
    const { run_id } = await socket.request("runSweep", toSweep());
    window.location.assign(`/runs/${run_id}/`);
  } catch (error) {
    showProblems([{ ...error, message: error.message, level: "error" }]);
    find("vary-run").disabled = false;
  }
}
