/* What a run gives to take home: every file with its size. Called by the run panel. */

import { element, find, formatBytes } from "../ui/dom.js";

/** A row that is there stays there: a link that were drawn anew under the pointer would lose its click. */
export function showFiles(files) {
  const list = find("artifacts");
  const shown = new Map([...list.children].map((row) => [row.querySelector("a").getAttribute("href"), row]));
  for (const { name, size, url } of files) {
    const row = shown.get(url) ?? list.appendChild(element("li", {}, element("a", { href: url, download: name }, name), element("small", {})));
    row.querySelector("small").textContent = size === null ? " being built …" : ` ${formatBytes(size)}`;
    shown.delete(url);
  }
  for (const row of shown.values()) row.remove();
}
