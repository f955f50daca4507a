/* The chosen table as the server describes it: asked for whenever its source, or how it is read, changes. Called by the
   data step's parts. */

import { change, getSetup, getSource, onChange } from "./state.js";
import { FRESH, NO_TABLE } from "./setup.js";

const LOST = ["dataset_not_found", "unknown_dataset"];

let socket = null;
let table = null;
let source = null; // of `table`, as it was asked for
let asked = ""; // what was asked for last
const listeners = { described: new Set(), failed: new Set(), misread: new Set() };

export function startTable(trainingSocket) {
  socket = trainingSocket;
  onChange(() => describeAgain());
  socket.on("open", () => describeAgain(true));
}

/** What `datasetDescribed` holds, or null while that is not known. */
export const getTable = () => table;

/** `listener(table, previous)`: `previous` is the same table as it was read before, or null. */
export const onTable = (listener) => listeners.described.add(listener);
export const onTableError = (listener) => listeners.failed.add(listener);

/** `listener(error)`: the table cannot be read with these options; what was read before is still shown. */
export const onReadingError = (listener) => listeners.misread.add(listener);

/** The column that is predicted: the chosen one, or else what the table suggests. */
export const getTarget = () => getSetup().target ?? table?.target ?? null;

/** A description of a source, without choosing it. Rejects with a ServerError. */
export const describe = (data) => socket.request("describeDataset", data);

/** What is chosen for columns beside their types: those are shown beside what was detected. */
function listChoices() {
  const choices = Object.entries(getSetup().column_types).filter(([, choice]) => typeof choice !== "string");
  const withoutTypes = choices.map(([name, { type: _, ...others }]) => [name, others]);
  return Object.fromEntries(withoutTypes.filter(([, others]) => Object.keys(others).length));
}

async function describeAgain(always = false) {
  const asks = { reading: getSetup().reading, column_types: listChoices() };
  const data = { ...getSource(), ...Object.fromEntries(Object.entries(asks).filter(([, each]) => Object.keys(each).length)) };
  const key = JSON.stringify(data);
  if (key === asked && !always) return;
  asked = key;
  const previous = source === JSON.stringify(getSource()) ? table : null;
  try {
    const answer = await describe(data);
    if (key !== asked) return; // another has been chosen meanwhile
    table = answer;
    source = JSON.stringify(getSource());
    for (const listener of listeners.described) listener(table, previous);
  } catch (error) {
    if (key !== asked || error.code === "connection_lost") return; // after a loss, "open" comes again
    const heard = previous && !LOST.includes(error.code) ? listeners.misread : listeners.failed;
    for (const listener of heard) listener(error);
    if (LOST.includes(error.code)) change("data", { ...NO_TABLE, default: FRESH.default }, { joins: true });
  }
}
