/* The data step: which table. Cards of built-in and uploaded ones, a file, a link. */

import { startColumns } from "./columns.js";
import { announce, element, find } from "../ui/dom.js";
import { startNotes } from "./notes.js";
import { startPreview } from "./preview.js";
import { NO_TABLE } from "./setup.js";
import { change, getSetup, onChange } from "./state.js";
import { describe, getTable, onTable, onTableError, startTable } from "./table.js";
import { startTarget } from "./target.js";
import { uploadTable } from "./upload.js";
import { inPageWords } from "../ui/wording.js";

let socket = null;
let tables = [];
let panel = null; // a promise of the import panel, once there is a table from a file

export function startData(trainingSocket, catalog) {
  socket = trainingSocket;
  listAtEachOpening(); // first of all: it waits for no worker, as what comes after it does
  startTable(socket);
  startTarget();
  startColumns(catalog);
  startNotes();
  startPreview();
  startDrop();
  find("link-form").addEventListener("submit", openLink);
  onChange(() => draw());
  onTable(() => {
    if (!tables.some(({ dataset_id }) => dataset_id === getTable().dataset_id)) list();
    draw();
  });
  onTable(showPanel);
  onTableError(showError);
}

async function showPanel(table, previous) {
  find("reading").hidden = !table.reading;
  if (!table.reading) return;
  panel ??= import("./reading.js").then((module) => {
    module.startReading();
    return module;
  });
  (await panel).showReading(table, previous);
}

function listAtEachOpening() {
  list(); // kept until there is a connection
  let opened = false;
  socket.on("open", () => {
    if (opened) list();
    opened = true;
  });
}

function startDrop() {
  const drop = find("drop");
  const input = find("file");
  input.addEventListener("change", () => input.files[0] && upload(input.files[0]));
  for (const event of ["dragenter", "dragover"]) {
    drop.addEventListener(event, (drag) => {
      drag.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (dropped) => {
    dropped.preventDefault();
    drop.classList.remove("over");
    if (dropped.dataTransfer.files[0]) upload(dropped.dataTransfer.files[0]);
  });
}

async function list() {
  try {
    const { datasets } = await socket.request("listDatasets");
    const uploads = datasets.filter(({ dataset_id }) => dataset_id); // first, where they are seen
    tables = uploads.concat(datasets.filter(({ dataset_id }) => !dataset_id));
    find("tables").replaceChildren(...tables.map(card));
    draw();
  } catch (error) {
    if (error.code !== "connection_lost") showError(error); // after a loss, "open" comes again
  }
}

function card(table) {
  const kind = table.problem_type ? `${table.problem_type} · ` : "";
  return element(
    "button",
    { type: "button", className: "card", onclick: () => choose({ default: table.default ?? null, dataset_id: table.dataset_id ?? null }) },
    element("strong", {}, table.name),
    element("span", { className: "about" }, table.about || "Your own table."),
    element("small", {}, `${kind}${table.rows.toLocaleString()} rows, ${table.columns} columns`),
  );
}

/** Marks the card of the chosen table. */
function draw() {
  const { default: builtin, dataset_id, fileURL } = getSetup();
  const uploaded = dataset_id ?? (fileURL ? getTable()?.dataset_id : null);
  [...find("tables").children].forEach((button, position) => {
    const table = tables[position];
    const chosen = table.dataset_id ? table.dataset_id === uploaded : !uploaded && !fileURL && table.default === builtin;
    button.setAttribute("aria-pressed", String(chosen));
  });
}

function choose(source) {
  find("data-error").hidden = true;
  change("data", { ...NO_TABLE, ...source });
}

/** With `reading` where the file could not be read as detected. */
async function upload(file, reading = {}) {
  let refused = null;
  await busy(async () => {
    try {
      const answer = await uploadTable(file, reading);
      choose({ dataset_id: answer.dataset_id, reading });
      announce(`${answer.name} is uploaded: ${answer.rows} rows.`);
    } catch (error) {
      refused = error;
      throw error;
    }
  });
  find("file").value = "";
  if (refused?.where?.startsWith("reading.")) await offerAgain(file, reading, refused);
}

/** An upload that was refused for an option of the reader is sent again with another. */
async function offerAgain(file, reading, { where }) {
  const { buildRetry } = await import("./retry.js");
  find("data-error").append(buildRetry(where, reading, (chosen) => upload(file, chosen)));
}

async function openLink(submitted) {
  submitted.preventDefault();
  const fileURL = find("link").value.trim();
  if (!fileURL) return;
  await busy(async () => {
    const answer = await describe({ fileURL });
    choose({ fileURL });
    find("link").value = "";
    announce(`${answer.name} is read: ${answer.rows} rows.`);
  });
}

async function busy(work) {
  find("data-error").hidden = true;
  find("drop").setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    showError(error);
  } finally {
    find("drop").removeAttribute("aria-busy");
  }
}

function showError({ message, hint }) {
  find("data-error").hidden = false;
  find("data-error").replaceChildren(element("strong", {}, message), " ", inPageWords(hint ?? ""));
}
