/* The data step: built-in tables as cards, uploads, the preview, target and features. */

import { announce, element, find } from "./dom.js";
import { change, getSetup, onChange } from "./state.js";

let socket = null;

export function startData(trainingSocket) {
  socket = trainingSocket;
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
  onChange((what) => what === "model" && tick()); // a fix may have left columns out
  socket.on("open", refresh);
}

async function refresh() {
  try {
    const { datasets } = await socket.request("listDatasets");
    const uploads = datasets.filter(({ dataset_id }) => dataset_id); // first, where they are seen
    const builtins = datasets.filter(({ dataset_id }) => !dataset_id);
    find("tables").replaceChildren(...uploads.concat(builtins).map(card));
  } catch (error) {
    if (error.code !== "connection_lost") showError(error); // after a loss, "open" comes again
    return;
  }
  await describe();
}

function card(table) {
  const { default: builtin, dataset_id } = getSetup();
  const chosen = table.dataset_id ? table.dataset_id === dataset_id : !dataset_id && table.default === builtin;
  const size = `${table.rows.toLocaleString()} rows, ${table.columns} columns`;
  return element(
    "button",
    {
      type: "button",
      className: "card",
      title: table.about,
      "aria-pressed": String(chosen),
      onclick: () => choose(table),
    },
    element("strong", {}, table.name),
    element("small", {}, `${table.problem_type ?? ""} · ${size}`),
  );
}

async function choose(table) {
  change("data", { default: table.default ?? null, dataset_id: table.dataset_id ?? null, target: null, features: [] });
  await refresh();
}

async function describe() {
  const { default: builtin, dataset_id } = getSetup();
  try {
    show(await socket.request("describeDataset", dataset_id ? { dataset_id } : { default: builtin }));
  } catch (error) {
    if (error.code === "dataset_not_found" || error.code === "unknown_dataset") {
      change("data", { default: "IRIS", dataset_id: null, target: null, features: [] });
      await refresh();
    } else if (error.code !== "connection_lost") showError(error);
  }
}

async function upload(file) {
  find("data-error").hidden = true;
  find("drop").setAttribute("aria-busy", "true");
  const body = new FormData();
  body.append("file", file);
  const token = document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? "";
  try {
    const response = await fetch("/datasets/", { method: "POST", body, headers: { "X-CSRFToken": token } });
    const answer = await response.json();
    if (!response.ok) throw answer;
    change("data", { default: null, dataset_id: answer.dataset_id, target: null, features: [] });
    await refresh();
    announce(`${answer.name} is uploaded: ${answer.rows} rows.`);
  } catch (error) {
    showError(error.code ? error : { message: "The upload failed.", hint: "Check the connection and try again." });
  } finally {
    find("drop").removeAttribute("aria-busy");
    find("file").value = "";
  }
}

function show(table) {
  const { target, features } = getSetup();
  const chosenTarget = target ?? table.target;
  const select = find("target");
  select.replaceChildren(
    ...table.columns.map(({ name }) => element("option", { value: name, selected: name === chosenTarget }, name)),
  );
  select.onchange = () => {
    change("data", { target: select.value, features: [] });
    show(table);
  };
  find("columns").replaceChildren(
    ...table.columns.filter(({ name }) => name !== chosenTarget).map((column) => columnChip(column, table, chosenTarget, features)),
  );
  const head = element("tr", {}, ...table.columns.map(({ name }) => element("th", { scope: "col", className: name === chosenTarget ? "target" : "" }, name)));
  const rows = table.preview.map((row) =>
    element("tr", {}, ...table.columns.map(({ name }) => element("td", { className: row[name] === null ? "missing" : "" }, row[name] === null ? "missing" : String(row[name])))),
  );
  find("preview").replaceChildren(
    element("caption", {}, `${table.name}: the first ${table.preview.length} of ${table.rows.toLocaleString()} rows`),
    element("thead", {}, head),
    element("tbody", {}, ...rows),
  );
}

function columnChip(column, table, target, features) {
  const usable = !["text", "empty"].includes(column.type);
  const expected = usable && column.type !== "identifier"; // what is learned from when nothing is chosen
  const box = element("input", {
    type: "checkbox",
    checked: features.length ? features.includes(column.name) : expected,
    disabled: !usable,
    onchange: () => {
      const boxes = [...find("columns").querySelectorAll("input")];
      const chosen = boxes.filter((each) => each.checked).map((each) => each.name);
      const untouched = boxes.every((each) => each.checked === (each.dataset.expected === "true"));
      change("data", { target, features: untouched ? [] : chosen });
    },
  });
  box.name = column.name;
  box.dataset.expected = String(expected);
  const missing = column.missing ? ` · ${column.missing} missing` : "";
  return element("label", { className: "chip" }, box, element("span", {}, column.name), element("small", {}, `${column.type}${missing}`));
}

function tick() {
  const { features } = getSetup();
  for (const box of find("columns").querySelectorAll("input")) {
    box.checked = features.length ? features.includes(box.name) : box.dataset.expected === "true";
  }
}

function showError({ message, hint }) {
  const box = find("data-error");
  box.hidden = false;
  box.replaceChildren(element("strong", {}, message), " ", hint ?? "");
  announce(message);
}
