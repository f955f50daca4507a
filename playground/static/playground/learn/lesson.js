/* One module: answers go to the server and are graded there; points show as they are earned, labs' too. */

import { announce, element, find } from "../ui/dom.js";
import { followEarnings } from "./earnings.js";

const moduleID = find("lesson").dataset.module;
const socket = followEarnings(showEarned);

for (const form of document.querySelectorAll("form.question")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void answer(form);
  });
}

const place = (form) => ({
  moduleID,
  sectionID: form.closest("[data-section]").dataset.section,
  questionID: form.dataset.question,
});

async function answer(form) {
  const button = form.querySelector("button[type=submit]");
  button.disabled = true;
  try {
    if (form.dataset.kind === "done") {
      const { progress } = await socket.request("updateUserProgressData", place(form));
      showEarned(progress, null);
      showVerdict(form, true, [element("p", {}, "Well done.")]);
    } else {
      showResult(form, await socket.request("submitAnswer", { ...place(form), answer: readAnswer(form) }));
    }
  } catch (error) {
    showVerdict(form, false, [element("p", {}, `${error.message} ${error.hint ?? ""}`)]);
  } finally {
    button.disabled = false;
  }
}

function readAnswer(form) {
  const chosen = new FormData(form).getAll("answer");
  return form.dataset.kind === "several" ? chosen : (chosen[0] ?? []); // nothing chosen: the server says what to do
}

function showResult(form, { correct, feedback_html, choices, hint_html, points, attempts }) {
  showVerdict(form, correct, rendered(feedback_html), points ? `${points} points earned.` : "");
  for (const choice of form.querySelectorAll("[data-choice]")) {
    const told = choices.find(({ id }) => id === choice.dataset.choice);
    const box = choice.querySelector(".told");
    box.hidden = !told;
    box.replaceChildren(...(told ? rendered(told.feedback_html) : []));
  }
  form.querySelector(".attempts").textContent = `${attempts} attempt${attempts === 1 ? "" : "s"} so far`;
  if (hint_html) {
    const list = form.querySelector(".hints");
    const item = element("li", { className: "prose" }, ...rendered(hint_html));
    if (list.lastElementChild?.textContent.trim() !== item.textContent.trim()) list.append(item); // the last one comes again
    list.hidden = false;
  }
}

/** Elements of the HTML that the server rendered from Markdown, by the rules of the page itself. */
function rendered(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.children];
}

/** `feedback` is a list of elements. Where it begins with a table or a list, the verdict is a paragraph before it. */
function showVerdict(form, correct, feedback, points = "") {
  const sign = correct ? "✓ " : "✕ ";
  const box = form.querySelector(".verdict");
  box.className = `verdict prose ${correct ? "good" : "bad"}`;
  const opening = element("p", {}, element("span", { "aria-hidden": "true" }, sign), element("strong", {}, correct ? "Right. " : "Not yet. "));
  const rest = [...feedback];
  if (rest[0]?.nodeName === "P") opening.append(...rest.shift().childNodes);
  if (points) rest.length ? rest.push(element("p", {}, points)) : opening.append(` ${points}`);
  box.replaceChildren(opening, ...rest);
}

function showEarned(progress, news) {
  const here = progress[moduleID] ?? {};
  find("total").value = here.modulePoints ?? 0;
  find("earned").textContent = here.modulePoints ?? 0;
  for (const form of document.querySelectorAll("form.question")) {
    const { sectionID, questionID } = place(form);
    form.classList.toggle("earned", here[sectionID]?.[questionID] !== undefined);
  }
  for (const item of document.querySelectorAll(".contents [data-section]")) {
    const questions = [...document.querySelectorAll(`section[data-section="${item.dataset.section}"] form.question`)];
    item.classList.toggle("earned", questions.length > 0 && questions.every((form) => form.classList.contains("earned")));
  }
  if (news?.moduleID === moduleID) announce(`${news.points} points earned: ${here.modulePoints} in this module.`);
}
