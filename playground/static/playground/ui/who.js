/* Signed in or out in one tab: the others load anew, or else their sockets would still be somebody else's. On every page. */

const KEY = "playground.who";
const who = document.documentElement.dataset.who ?? "";

try {
  localStorage.setItem(KEY, who);
} catch {
  // Not allowed to keep anything: then a tab stays as it is until it is loaded again.
}

window.addEventListener("storage", ({ key, newValue }) => {
  if (key === KEY && newValue !== null && newValue !== who) window.location.reload();
});
