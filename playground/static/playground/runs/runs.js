/* My runs: all of them, found, sorted and followed while they train. */

import { startComponents } from "../ui/component.js";
import { followConnection } from "../ui/connection.js";
import { find } from "../ui/dom.js";
import { connect } from "../wire/socket.js";
import "./compare_picked.js";
import { followRuns } from "./listing.js";
import "./run_filter.js";
import "./run_table.js";
import { createRunsStore } from "./store.js";

const root = find("my-runs");
const socket = connect("/ws/training/");
const store = createRunsStore();
const columns = [...root.querySelectorAll("th[data-key]")].map(({ dataset, textContent }) => [
  dataset.key,
  textContent,
]);

startComponents(
  {
    store,
    socket,
    columns,
    sharing: Boolean(root.dataset.sharing),
    most: Number(root.dataset.most),
    ...followRuns(store, socket),
  },
  root,
);
followConnection(socket);
