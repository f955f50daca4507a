/* <run-files>: every file of a finished run with its size, for download. */

import { Component } from "../ui/component.js";
import { element, formatBytes } from "../ui/dom.js";

class RunFiles extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store }) {
    store.watch(
      ({ artifacts }) => artifacts,
      (artifacts) => this.#show(artifacts),
    );
  }

  /**
   * A row that is there stays there: a link that were drawn anew under the pointer would lose its click.
   *
   * @param {import("../wire/types.d.ts").ArtifactInfo[]} files
   */
  #show(files) {
    const list = this.one("ul");
    const shown = new Map([...list.children].map((row) => [row.querySelector("a")?.getAttribute("href"), row]));
    for (const { name, size, url } of files) {
      const row = shown.get(url) ?? list.appendChild(rowOf(name, url));
      row.querySelector("small")?.replaceChildren(size === null ? " being built …" : ` ${formatBytes(size)}`);
      shown.delete(url);
    }
    for (const row of shown.values()) row.remove();
  }
}

/**
 * @param {string} name
 * @param {string} url
 */
const rowOf = (name, url) => element("li", {}, element("a", { href: url, download: name }, name), element("small", {}));

customElements.define("run-files", RunFiles);
