/* What concerns the whole setup: undo and redo, the link to it, beginning afresh, and showing everything. */

import { announce, element, find } from "../ui/dom.js";
import { jump, startHistory } from "./history.js";
import { hasSetup, readLink, writeLink } from "./link.js";
import { BadSetup, FRESH } from "./setup.js";
import { connect } from "../wire/socket.js";
import { getSetup, onChange } from "./state.js";

export function startToolbar() {
  startHistory();
  find("copy-link").addEventListener("click", copyLink);
  find("start-over").addEventListener("click", () => {
    jump(structuredClone(FRESH));
    announce("The setup is reset. Undo restores it.");
  });
  find("show-all").addEventListener("click", toggleBeginner);
  onChange(() => (find("link-box").hidden = true)); // it led to what was before
  window.addEventListener("hashchange", openLink);
  openLink();
}

async function copyLink() {
  const setup = getSetup();
  const link = await writeLink(setup);
  find("copied-link").value = link;
  find("link-box").hidden = false;
  const about = setup.dataset_id ? " Your table is not in it: it stays with you." : "";
  try {
    await navigator.clipboard.writeText(link);
    tell(`The link is copied, ${link.length} characters.${about}`);
  } catch {
    tell(`Copy the link from this field.${about}`); // the browser does not let a page write there
    find("copied-link").select();
  }
}

function tell(text) {
  find("link-note").textContent = text;
  announce(text);
}

/** Once: what is changed afterwards must not be undone by a reload. */
async function openLink() {
  const { hash, pathname, search } = window.location;
  if (!hasSetup(hash)) return;
  window.history.replaceState({}, "", pathname + search);
  find("link-error").hidden = true;
  try {
    jump(await readLink(hash));
    announce("The setup of the link is open.");
  } catch (error) {
    if (!(error instanceof BadSetup)) throw error;
    find("link-error").hidden = false;
    find("link-error").replaceChildren(element("strong", {}, "The link could not be opened: "), `${error.message}. The setup is as it was.`);
  }
}

/** Kept with the visitor's other settings. */
async function toggleBeginner() {
  const button = find("show-all");
  const showsAll = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(showsAll));
  find("setup").classList.toggle("beginner", !showsAll);
  for (const details of find("setup").querySelectorAll("details.rest")) details.open = showsAll;
  announce(showsAll ? "All settings are shown." : "Only the first settings are shown.");
  const settings = connect("/ws/notifications/");
  try {
    await settings.request("updateUserSettings", { beginner_mode: !showsAll });
  } finally {
    settings.close();
  }
}
