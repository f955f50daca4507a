/* What a run gives to take home: every file with its size. Called by the run panel. */

import { element, find, formatBytes } from "./dom.js";

export function showFiles(files) {
  find("artifacts").replaceChildren(
    ...files.map(({ name, size, url }) =>
      element("li", {}, element("a", { href: url, download: name }, name), element("small", {}, size === null ? " being built …" : ` ${formatBytes(size)}`)),
    ),
  );
}
