/* One module: answers go to the server and are graded there; points show as they are earned, labs' too. */

import { Component, startComponents } from "../ui/component.js";
import { announce, element, find } from "../ui/dom.js";
import { followEarnings } from "./earnings.js";
import { createEarningsStore, earnedFor, pointsOf } from "./store.js";

/** @typedef {ReturnType<typeof createEarningsStore>} EarningsStore */
/** @typedef {{ store: EarningsStore, socket: any, moduleID: string }} LessonPage */

/** <lesson-contents>: the points of the module, and which of its sections are earned as a whole. */
class LessonContents extends Component {
  /** @param {LessonPage} page */
  start({ store, moduleID }) {
    store.watch(
      (state) => state,
      (state) => state.progress && this.#draw(state, moduleID),
    );
  }

  /** @param {import("./store.js").Earnings} state @param {string} moduleID */
  #draw(state, moduleID) {
    const earned = pointsOf(state, moduleID);
    this.one("#total", HTMLProgressElement).value = earned;
    this.one("#earned").textContent = String(earned);
    for (const item of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-section]"))) {
      const sectionID = String(item.dataset.section);
      const questions = String(item.dataset.questions).split(" ").filter(Boolean);
      const isEarned = (/** @type {string} */ questionID) =>
        earnedFor(state, { moduleID, sectionID, questionID }) !== undefined;
      item.classList.toggle("earned", questions.length > 0 && questions.every(isEarned));
    }
    if (state.news?.moduleID === moduleID) announce(`${state.news.points} points earned: ${earned} in this module.`);
  }
}

/** <lesson-question>: a question or a lab; an answer is graded by the server. */
class LessonQuestion extends Component {
  /** @type {LessonPage} */
  #page = /** @type {any} */ (null); // until it is started

  /** @param {LessonPage} page */
  start(page) {
    this.#page = page;
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#answer();
    });
    page.store.watch(
      ({ progress }) => progress,
      (progress) =>
        progress && this.#form.classList.toggle("earned", earnedFor(page.store.state, this.#place) !== undefined),
    );
  }

  get #form() {
    return this.one("form", HTMLFormElement);
  }

  get #place() {
    return {
      moduleID: this.#page.moduleID,
      sectionID: String(this.dataset.section),
      questionID: String(this.#form.dataset.question),
    };
  }

  async #answer() {
    const { store, socket } = this.#page;
    const button = this.one("button[type=submit]", HTMLButtonElement);
    button.disabled = true;
    try {
      if (this.#form.dataset.kind === "done") {
        const { progress, totalPoints } = await socket.request("updateUserProgressData", this.#place);
        store.send({ type: "earned", progress, total: totalPoints, news: null });
        this.#showVerdict(true, [element("p", {}, "Well done.")]);
      } else {
        this.#showResult(await socket.request("submitAnswer", { ...this.#place, answer: this.#readAnswer() }));
      }
    } catch (/** @type {any} */ error) {
      this.#showVerdict(false, [element("p", {}, `${error.message} ${error.hint ?? ""}`)]);
    } finally {
      button.disabled = false;
    }
  }

  #readAnswer() {
    const chosen = new FormData(this.#form).getAll("answer");
    return this.#form.dataset.kind === "several" ? chosen : (chosen[0] ?? []); // nothing chosen: the server says what to do
  }

  /** @param {any} result */
  #showResult({ correct, feedback_html: feedback, choices, hint_html: hint, points, attempts }) {
    this.#showVerdict(correct, rendered(feedback), points ? `${points} points earned.` : "");
    for (const choice of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-choice]"))) {
      const told = choices.find((/** @type {any} */ { id }) => id === choice.dataset.choice);
      const box = choice.querySelector(".told");
      box?.toggleAttribute("hidden", !told);
      box?.replaceChildren(...(told ? rendered(told.feedback_html) : []));
    }
    this.one(".attempts").textContent = `${attempts} attempt${attempts === 1 ? "" : "s"} so far`;
    if (!hint) return;
    const list = this.one(".hints");
    const item = element("li", { className: "prose" }, ...rendered(hint));
    if (list.lastElementChild?.textContent?.trim() !== item.textContent?.trim()) list.append(item); // the last one comes again
    list.hidden = false;
  }

  /** Where the feedback begins with a table or a list, the verdict is a paragraph before it.
      @param {boolean} correct @param {Element[]} feedback @param {string} [points] */
  #showVerdict(correct, feedback, points = "") {
    const box = this.one(".verdict");
    box.className = `verdict prose ${correct ? "good" : "bad"}`;
    const sign = element("span", { "aria-hidden": "true" }, correct ? "✓ " : "✕ ");
    const opening = element("p", {}, sign, element("strong", {}, correct ? "Right. " : "Not yet. "));
    const rest = [...feedback];
    if (rest[0]?.nodeName === "P") opening.append(...(rest.shift()?.childNodes ?? []));
    if (points && rest.length) rest.push(element("p", {}, points));
    else if (points) opening.append(` ${points}`);
    box.replaceChildren(opening, ...rest);
  }
}

/** Elements of the HTML that the server rendered from Markdown, by the rules of the page itself. @param {string} html */
function rendered(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.children];
}

customElements.define("lesson-contents", LessonContents);
customElements.define("lesson-question", LessonQuestion);

const store = createEarningsStore();
const moduleID = String(find("lesson").dataset.module);
startComponents({ store, socket: followEarnings(store), moduleID }, find("main"));
