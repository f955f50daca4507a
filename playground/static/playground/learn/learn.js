/* The list of modules: their points, as they are earned. */

import { Component, startComponents } from "../ui/component.js";
import { find } from "../ui/dom.js";
import { followEarnings } from "./earnings.js";
import { createEarningsStore, pointsOf } from "./store.js";

class ModuleList extends Component {
  /** @param {{ store: ReturnType<typeof createEarningsStore> }} page */
  start({ store }) {
    store.watch(
      (state) => state,
      (state) => state.progress && this.#draw(state),
    );
  }

  /** @param {import("./store.js").Earnings} state */
  #draw(state) {
    for (const item of /** @type {NodeListOf<HTMLElement>} */ (this.querySelectorAll("[data-module]"))) {
      const earned = pointsOf(state, String(item.dataset.module));
      const points = Number(item.dataset.points);
      const bar = item.querySelector("progress");
      const count = item.querySelector(".count strong");
      if (bar) bar.value = earned;
      if (count) count.textContent = String(earned);
      item.classList.toggle("earned", points > 0 && earned >= points);
    }
    this.one("#total", HTMLProgressElement).value = state.total;
    this.one("#earned").textContent = String(state.total);
  }
}

customElements.define("module-list", ModuleList);

const store = createEarningsStore();
startComponents({ store }, find("main"));
followEarnings(store);
