/* <sweep-page>: the scores of a sweep as they come, the best of them in a sentence, and each combination as a setup or a run. */

import { isOver } from "../run/store.js";
import { useSpec } from "../train/reuse.js";
import { keepForLater } from "../train/vary_again.js";
import { announce } from "../ui/announcer.js";
import { Component } from "../ui/component.js";
import { element, readJson } from "../ui/dom.js";
import { formatMetric, wordFor } from "../ui/headline.js";
import { namePlace, writeValues } from "../ui/places.js";
import { SweepChart } from "./sweep_chart.js";
import { SweepTable } from "./sweep_table.js";
import { startTask } from "./task.js";
import { addScore, baselineOf, formatGap, makeTrials, meanOf, rank, spreadOf } from "./trials.js";

const name = (trial) => writeValues(trial.values);

class SweepPage extends Component {
  #page; // { run, paths, seeds, combinations }
  #store;
  #socket;
  #trials;
  #table;
  #chart;
  #known = 0; // scores that the trials have
  #waiting = false;

  start({ store, socket, page }) {
    const { spec } = page.run;
    const axes = page.paths.map((path) => ({ path, name: namePlace(path, spec?.user_arch) }));
    const trials = makeTrials(page);
    const actions = {
      openRun: spec && ((trial, seed, button) => this.#openRun(trial, seed, button)),
      useSetup: spec && ((trial) => this.#useSetup(trial)),
    };
    this.#page = page;
    this.#store = store;
    this.#socket = socket;
    this.#trials = trials;
    this.#table = new SweepTable(this.one("#combinations"), { trials, axes, name, ...actions });
    this.#chart = new SweepChart(this.one("#sweep-chart-box"), { trials, axes });
    this.one("#try-again").hidden = !spec;
    this.one("#try-again").addEventListener("click", () => this.#tryAgain());
    this.#draw();
    store.watch(({ scores }) => scores, (scores) => this.#add(scores));
    store.watch(isOver, (over) => over && this.#end(store.state.result));
  }

  #add(scores) {
    for (const score of scores.slice(this.#known)) addScore(this.#trials, score);
    this.#known = scores.length;
    if (!this.#waiting) requestAnimationFrame(() => this.#draw());
    this.#waiting = true;
  }

  #draw() {
    this.#waiting = false;
    const [best] = rank(this.#trials);
    const { metric } = best;
    this.#table.draw(meanOf(best) === null ? null : best);
    if (!metric) return;
    this.#chart.draw(metric);
    if (this.#store.state.result) return;
    this.one("#headline").replaceChildren(
      element("strong", {}, formatMetric(metric, meanOf(best))),
      ` ${wordFor(metric)} with ${name(best)}: the best so far.`,
    );
  }

  #end(result) {
    const trials = this.#trials;
    const order = result?.combinations.map(({ combination }) => trials[combination]) ?? rank(trials);
    this.#table.end(order);
    this.#draw();
    if (result) this.#tellBest(order, result);
  }

  /** The best, and whether its gap to the next is significant. */
  #tellBest(order, { lead, combinations: [{ test_mean: test }] }) {
    const [best, next] = order;
    const { metric } = best;
    const average = best.seeds.length > 1 ? "on average " : "";
    const among = order.length > 1 ? `: the best of ${order.length}` : "";
    this.one("#headline").replaceChildren(element("strong", {}, formatMetric(metric, meanOf(best))), ` ${wordFor(metric)} ${average}with ${name(best)}${among}.`);
    this.one("#sentence").textContent = [tellTest(best, test), next ? tellNext(best, next, lead) : tellSpread(best), tellBaseline(best)].filter(Boolean).join(" ");
    announce(`${this.one("#headline").textContent} ${this.one("#sentence").textContent}`);
  }

  #specOf(trial) {
    const { custom_model_name: _, ...rest } = { ...this.#page.run.spec, ...trial.changes }; // a name is the sweep's own
    return rest;
  }

  async #openRun(trial, seed, button) {
    button.disabled = true;
    try {
      const { run_id } = await this.#socket.request("runTraining", { ...this.#specOf(trial), seed });
      window.location.assign(`/runs/${run_id}/`);
    } catch (error) {
      button.disabled = false;
      this.#store.send({ type: "complained", failure: error });
      this.one("#failure").scrollIntoView({ block: "center" });
    }
  }

  #useSetup(trial) {
    const { seed, ...rest } = this.#specOf(trial);
    useSpec(trial.seeds.length > 1 ? rest : { ...rest, seed });
  }

  /** Opens the Train page with what was tried, for other values or more seeds. */
  #tryAgain() {
    const values = (path) => [...new Map(this.#trials.map((trial) => [JSON.stringify(trial.values[path]), trial.values[path]])).values()];
    keepForLater(Object.fromEntries(this.#page.paths.map((path) => [path, values(path)])), this.#page.seeds.length);
    const { seed, ...rest } = this.#page.run.spec;
    useSpec({ ...rest, seed: this.#page.seeds.length > 1 ? undefined : seed });
  }
}

/** Scores that choose are not those that the chosen one is judged by. Sweeps of earlier versions have none of these. */
const tellTest = (best, test) => (test === null || test === undefined ? "" : `On the test set, which was not used to choose, it has ${formatMetric(best.metric, test)}.`);

function tellNext(best, next, lead) {
  if (meanOf(next) === null) return "";
  const second = `The next, ${name(next)}, has ${formatMetric(next.metric, meanOf(next))}`;
  if (!lead) return best.seeds.length > 1 ? `${second}. Some trainings failed, so it cannot be told whether the gap is chance.` : `${second}. With one training each, such a gap may be chance: use three seeds or more.`;
  if (lead.gain === 0) return `${second}, too: either will do.`;
  const gap = `${formatGap(best.metric, lead.gain)}, give or take ${formatGap(best.metric, lead.margin)}`;
  if (lead.distinguishable) return `${second}. The gap is significant: ${gap}.`;
  return `${second}. The gap may be chance: it is ${gap}. ${best.seeds.length < 5 ? "More seeds would tell more surely." : "Either will do."}`;
}

/** Of a single setup, which only seeds vary. */
function tellSpread(best) {
  const spread = spreadOf(best);
  return spread === null ? "" : `From seed to seed it differs by about ${formatGap(best.metric, spread)}: that much is chance.`;
}

function tellBaseline(best) {
  const baseline = baselineOf(best);
  if (baseline === null) return "";
  const better = meanOf(best) > baseline ? "" : " None of them does better than that.";
  return `The baseline has ${formatMetric(best.metric, baseline)}.${better}`;
}

customElements.define("sweep-page", SweepPage);
startTask(readJson("page"), "sweepResult");
