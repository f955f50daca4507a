/* <run-curves>: the loss and the accuracy by epoch, up to where the replay stands. */

import { Curves } from "../ui/charts.js";
import { Component } from "../ui/component.js";
import { curvesOf, hasCurves } from "./store.js";

class RunCurves extends Component {
  /** @param {import("./types.d.ts").RunContext} context */
  start({ store }) {
    const loss = new Curves(this.one("#loss-chart"), "Loss");
    const accuracy = new Curves(this.one("#accuracy-chart"), "Accuracy", true);
    store.watch(hasCurves, (shown) => this.classList.toggle("none", !shown));
    store.watch(
      ({ progress }) => progress,
      () => {
        const rows = curvesOf(store.state);
        loss.show(
          rows.map((row) => ({ epoch: row.epoch, train: row.train_loss, test: row.test_loss, held: row.val_loss })),
        );
        accuracy.show(rows.map((row) => ({ epoch: row.epoch, train: row.train_acc, test: row["val/test acc"] })));
      },
    );
    store.watch(
      ({ until }) => until,
      (until) => {
        loss.seek(until);
        accuracy.seek(until);
      },
    );
  }
}

customElements.define("run-curves", RunCurves);
