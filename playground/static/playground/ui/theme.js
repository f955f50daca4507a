/* Light, dark, or as the system says: the switch in the header, and what draws by it. Loaded by every page. */

const root = document.documentElement;
const system = window.matchMedia("(prefers-color-scheme: dark)");

class Theme extends EventTarget {
  /** Whether the page is dark now. Tells "change". */
  get matches() {
    return window.matchMedia(root.dataset.darkWhen ?? "").matches;
  }

  /** @param {{ scheme?: string, darkWhen?: string }} choice what the button of a theme holds */
  choose({ scheme = "", darkWhen = "" }) {
    root.dataset.darkWhen = darkWhen;
    document.getElementById("dark")?.setAttribute("media", darkWhen);
    document.querySelector("meta[name='color-scheme']")?.setAttribute("content", scheme);
    this.dispatchEvent(new Event("change"));
  }
}

export const theme = new Theme();

system.addEventListener("change", () => theme.dispatchEvent(new Event("change")));

/** @type {HTMLFormElement | null} */
const form = document.querySelector("form.theme");

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = /** @type {HTMLElement} */ (event.submitter);
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button === chosen));
  theme.choose(chosen.dataset);
  // Kept by the server, so that the next page has its colours from the start.
  void fetch(form.action, { method: "POST", body: new FormData(form, chosen), redirect: "manual", keepalive: true });
});
