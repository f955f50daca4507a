/* The code of a finished run: its train.py, fetched when it is asked for, and what loads its model. Called by the run panel. */

import { find } from "../ui/dom.js";

const NAME = "train.py";

let url = null;

export function startCode() {
  find("code-box").addEventListener("toggle", () => find("code-box").open && load());
  find("code-copy").addEventListener("click", () => copy("code"));
  find("loading-copy").addEventListener("click", () => copy("loading"));
}

/** `files`: of the run that is shown now. */
export function offerCode(files) {
  const file = files.find(({ name }) => name === NAME);
  find("code-box").hidden = !file;
  if (file?.url === url) return;
  url = file?.url ?? null;
  find("code").textContent = "";
  find("code-status").textContent = "";
  find("code-box").open = false;
}

async function load() {
  if (find("code").textContent) return;
  const wanted = url;
  find("code-status").textContent = "Loading …";
  try {
    const response = await fetch(wanted);
    if (!response.ok) throw await response.json();
    const text = await response.text();
    if (wanted !== url) return;
    find("code").textContent = text;
    find("code-status").textContent = `${text.split("\n").length} lines; they run without this page.`;
  } catch (error) {
    find("code-status").textContent = error.code ? `${error.message} ${error.hint}` : "It could not be fetched. Check the connection and open this again.";
  }
}

/** `code`: what loads the model that is taken home; empty where there is none. */
export function showLoading(code) {
  find("loading-box").hidden = !code;
  find("loading").textContent = code;
}

/** `name`: of the element with the code, and of its status. */
async function copy(name) {
  try {
    await navigator.clipboard.writeText(find(name).textContent);
    find(`${name}-status`).textContent = "Copied.";
  } catch {
    // Browsers give the clipboard to pages over HTTPS alone: select it, and let people press the keys.
    window.getSelection().selectAllChildren(find(name));
    find(`${name}-status`).textContent = "Selected: press Ctrl+C (⌘C on a Mac) to copy it.";
  }
}
