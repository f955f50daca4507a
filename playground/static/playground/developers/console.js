/* The developers' console: chooses a socket and an event, sends it through socket.js, and lists what goes and comes. */

import { element, find } from "../ui/dom.js";
import { connect } from "../wire/socket.js";

const NO_RUN = "00000000-0000-0000-0000-000000000000";
const MOST = 200; // frames that are listed

const contract = JSON.parse(find("console-contract").textContent);
const sockets = new Map();
let lastRun = NO_RUN;

function open(address) {
  if (sockets.has(address)) return sockets.get(address);
  const socket = connect(address);
  for (const event of contract[address].sends) {
    socket.on(event, (data, replyTo) => {
      if (data?.run_id) lastRun = data.run_id;
      list("received", replyTo ? { event, reply_to: replyTo, data } : { event, data });
    });
  }
  sockets.set(address, socket);
  return socket;
}

function offerEvents() {
  const { events } = contract[find("console-socket").value];
  find("console-event").replaceChildren(...Object.keys(events).map((name) => element("option", { value: name }, name)));
  offerData();
}

function offerData() {
  const { data } = contract[find("console-socket").value].events[find("console-event").value];
  find("console-data").value = JSON.stringify(data, null, 2).replaceAll(NO_RUN, lastRun);
}

async function send() {
  const event = find("console-event").value;
  const address = find("console-socket").value;
  const data = readData();
  if (data === undefined) return;
  list("sent", { event, data });
  const socket = open(address);
  if (!contract[address].events[event].answered) return socket.emit(event, data);
  try {
    await socket.request(event, data);
  } catch (error) {
    // An `error` event is listed like any other; what has no event is listed here.
    if (["no_answer", "connection_lost"].includes(error.code)) list("received", { error: error.message });
  }
}

function readData() {
  let data;
  let message = "";
  try {
    data = JSON.parse(find("console-data").value);
  } catch (error) {
    message = `This is not JSON: ${error.message}`;
  }
  find("console-error").hidden = !message;
  find("console-error").textContent = message;
  find("console-data").setAttribute("aria-invalid", String(Boolean(message)));
  return data;
}

function list(direction, frame) {
  const log = find("console-log");
  const arrow = direction === "sent" ? "→ " : "← ";
  const name = element("summary", {}, arrow, element("code", {}, frame.event ?? "error"), frame.reply_to ? ` answers ${frame.reply_to}` : "");
  const open = direction === "received" && !frame.data?.epochs;
  log.append(element("li", { className: direction }, element("details", { open }, name, element("pre", { tabIndex: 0 }, JSON.stringify(frame, null, 2)))));
  while (log.children.length > MOST) log.firstElementChild.remove();
  log.scrollTop = log.scrollHeight;
}

find("console-socket").replaceChildren(...Object.keys(contract).map((address) => element("option", { value: address }, address)));
find("console-socket").addEventListener("change", offerEvents);
find("console-event").addEventListener("change", offerData);
find("console").addEventListener("submit", (event) => {
  event.preventDefault();
  void send();
});
find("console-clear").addEventListener("click", () => find("console-log").replaceChildren());
offerEvents();
