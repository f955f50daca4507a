/* The chosen table as the server describes it: asked for whenever its source, or how it is read, changes. */

import { FRESH, NO_TABLE } from "./setup.js";
import { sourceKey, sourceOf } from "./store.js";

const LOST = ["dataset_not_found", "unknown_dataset"];

/** @typedef {import("./store.js").TrainStore} TrainStore */
/** @typedef {import("./setup.js").Setup} Setup */

/** Keeps the table of the store up to date.
    @param {TrainStore} store @param {any} socket */
export function followTable(store, socket) {
  let asked = ""; // what was asked for last

  async function describe(always = false) {
    const data = toQuestion(store.state.setup);
    const key = JSON.stringify(data);
    if (key === asked && !always) return;
    asked = key;
    try {
      const table = await socket.request("describeDataset", data);
      if (key === asked) store.send({ type: "described", table }); // or another has been chosen meanwhile
    } catch (/** @type {any} */ error) {
      if (key !== asked || error.code === "connection_lost") return; // after a loss, "open" comes again
      const isLost = LOST.includes(error.code);
      const isKnown = store.state.source === sourceKey(store.state.setup);
      store.send({ type: isKnown && !isLost ? "misread" : "unreadable", error });
      if (isLost) store.change("data", { ...NO_TABLE, default: FRESH.default }, { joins: true });
    }
  }

  socket.on("open", () => describe(true));
  store.watch(
    ({ setup }) => setup,
    () => asked && void describe(), // the first time is when the socket opens
  );
}

/** Lists the tables that can be chosen: uploaded ones first, where they are seen. Rejects with a ServerError.
    @param {TrainStore} store @param {any} socket */
export async function listTables(store, socket) {
  const { datasets } = await socket.request("listDatasets");
  const isUpload = (/** @type {any} */ { dataset_id: id }) => Boolean(id);
  const builtin = datasets.filter((/** @type {any} */ each) => !isUpload(each));
  store.send({ type: "listed", tables: [...datasets.filter(isUpload), ...builtin] });
}

/** @param {Setup} setup */
function toQuestion(setup) {
  const asks = { reading: setup.reading, column_types: listChoices(setup) };
  return {
    ...sourceOf(setup),
    ...Object.fromEntries(Object.entries(asks).filter(([, each]) => Object.keys(each).length)),
  };
}

/** What is chosen for columns beside their types: those are shown beside what was detected.
    @param {Setup} setup */
function listChoices({ column_types: types }) {
  const choices = Object.entries(types).filter(([, choice]) => typeof choice !== "string");
  const withoutTypes = choices.map(([name, { type: _, ...others }]) => /** @type {[string, any]} */ ([name, others]));
  return Object.fromEntries(withoutTypes.filter(([, others]) => Object.keys(others).length));
}
