/* The chosen table as the server describes it: asked for whenever the source changes. Called by the data step's parts. */

import { change, getSetup, getSource, onChange } from "./state.js";
import { FRESH, NO_TABLE } from "./setup.js";

const LOST = ["dataset_not_found", "unknown_dataset"];

let socket = null;
let table = null;
let source = ""; // of `table`
const listeners = { described: new Set(), failed: new Set() };

export function startTable(trainingSocket) {
  socket = trainingSocket;
  onChange(() => describeAgain());
  socket.on("open", () => describeAgain(true));
}

/** What `datasetDescribed` holds, or null while that is not known. */
export const getTable = () => table;

export const onTable = (listener) => listeners.described.add(listener);
export const onTableError = (listener) => listeners.failed.add(listener);

/** The column that is predicted: the chosen one, or else what the table suggests. */
export const getTarget = () => getSetup().target ?? table?.target ?? null;

/** A description of a source, without choosing it. Rejects with a ServerError. */
export const describe = (asked) => socket.request("describeDataset", asked);

async function describeAgain(always = false) {
  const asked = JSON.stringify(getSource());
  if (asked === source && !always) return;
  source = asked;
  try {
    const answer = await describe(JSON.parse(asked));
    if (asked !== source) return; // another has been chosen meanwhile
    table = answer;
    for (const listener of listeners.described) listener(table);
  } catch (error) {
    if (asked !== source || error.code === "connection_lost") return; // after a loss, "open" comes again
    for (const listener of listeners.failed) listener(error);
    if (LOST.includes(error.code)) change("data", { ...NO_TABLE, default: FRESH.default }, { joins: true });
  }
}
