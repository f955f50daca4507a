/* <run-filter>: which runs are looked for, their order on a narrow screen, and how many they are. */

import { Component } from "../ui/component.js";
import { element } from "../ui/dom.js";
import { describeCount } from "./store.js";

class RunFilter extends Component {
  /** @param {{ store: ReturnType<typeof import("./store.js").createRunsStore>, columns: [string, string][], lookThrough: () => void }} page
      `columns`: key and name of each that sorts */
  start({ store, columns, lookThrough }) {
    const [search, status] = [this.one("#search", HTMLInputElement), this.one("#status-filter", HTMLSelectElement)];
    const sort = this.one("#sort", HTMLSelectElement);
    const filter = () => {
      store.send({ type: "filtered", words: search.value, status: status.value });
      lookThrough();
    };
    search.addEventListener("input", filter);
    status.addEventListener("change", filter);
    sort.append(...columns.map(([key, name]) => element("option", { value: key }, name)));
    sort.addEventListener("change", () => {
      store.send({
        type: "ordered",
        order: { key: sort.value, descending: ["value", "created"].includes(sort.value) },
      });
      lookThrough();
    });
    store.watch(
      ({ order }) => order.key,
      (key) => {
        sort.value = key;
      },
    );
    store.watch(describeCount, (text) => {
      this.one("#count").textContent = text;
    });
  }
}

customElements.define("run-filter", RunFilter);
