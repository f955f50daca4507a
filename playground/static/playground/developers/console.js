/* <developer-console>: chooses a socket and an event, sends it through socket.js, and lists what goes and comes. */

import { Component, startComponents } from "../ui/component.js";
import { element, find, readJson } from "../ui/dom.js";
import { connect } from "../wire/socket.js";

const NO_RUN = "00000000-0000-0000-0000-000000000000";
const MOST = 200; // frames that are listed

class DeveloperConsole extends Component {
  /** @type {Record<string, any>} */
  #contract = {}; // by the address of a socket: what it sends, and an example of each event that it handles
  /** @type {Map<string, any>} */
  #sockets = new Map();
  #lastRun = NO_RUN;

  /** @param {{ contract: Record<string, any> }} page */
  start({ contract }) {
    this.#contract = contract;
    this.#address.replaceChildren(...Object.keys(contract).map((name) => element("option", { value: name }, name)));
    this.#address.addEventListener("change", () => this.#offerEvents());
    this.#event.addEventListener("change", () => this.#offerData());
    this.one("#console", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send();
    });
    this.one("#console-clear").addEventListener("click", () => this.one("#console-log").replaceChildren());
    this.#offerEvents();
  }

  get #address() {
    return this.one("#console-socket", HTMLSelectElement);
  }

  get #event() {
    return this.one("#console-event", HTMLSelectElement);
  }

  get #data() {
    return this.one("#console-data", HTMLTextAreaElement);
  }

  /** @param {string} address */
  #open(address) {
    const known = this.#sockets.get(address);
    if (known) return known;
    const socket = connect(address);
    for (const event of this.#contract[address].sends) {
      socket.on(event, (/** @type {any} */ data, /** @type {any} */ replyTo) => {
        if (data?.run_id) this.#lastRun = data.run_id;
        this.#list("received", replyTo ? { event, reply_to: replyTo, data } : { event, data });
      });
    }
    this.#sockets.set(address, socket);
    return socket;
  }

  #offerEvents() {
    const { events } = this.#contract[this.#address.value];
    this.#event.replaceChildren(...Object.keys(events).map((name) => element("option", { value: name }, name)));
    this.#offerData();
  }

  #offerData() {
    const { data } = this.#contract[this.#address.value].events[this.#event.value];
    this.#data.value = JSON.stringify(data, null, 2).replaceAll(NO_RUN, this.#lastRun);
  }

  async #send() {
    const [address, event] = [this.#address.value, this.#event.value];
    const data = this.#readData();
    if (data === undefined) return;
    this.#list("sent", { event, data });
    const socket = this.#open(address);
    if (!this.#contract[address].events[event].answered) {
      socket.emit(event, data);
      return;
    }
    try {
      await socket.request(event, data);
    } catch (/** @type {any} */ error) {
      // An `error` event is listed like any other; what has no event is listed here.
      if (["no_answer", "connection_lost"].includes(error.code)) this.#list("received", { error: error.message });
    }
  }

  #readData() {
    let data;
    let message = "";
    try {
      data = JSON.parse(this.#data.value);
    } catch (/** @type {any} */ error) {
      message = `This is not JSON: ${error.message}`;
    }
    this.one("#console-error").hidden = !message;
    this.one("#console-error").textContent = message;
    this.#data.setAttribute("aria-invalid", String(Boolean(message)));
    return data;
  }

  /** @param {"sent" | "received"} direction @param {any} frame */
  #list(direction, frame) {
    const log = this.one("#console-log");
    const arrow = direction === "sent" ? "→ " : "← ";
    const answers = frame.reply_to ? ` answers ${frame.reply_to}` : "";
    const name = element("summary", {}, arrow, element("code", {}, frame.event ?? "error"), answers);
    const open = direction === "received" && !frame.data?.epochs;
    const text = element("pre", { tabIndex: 0 }, JSON.stringify(frame, null, 2));
    log.append(element("li", { className: direction }, element("details", { open }, name, text)));
    while (log.children.length > MOST) log.firstElementChild?.remove();
    log.scrollTop = log.scrollHeight;
  }
}

customElements.define("developer-console", DeveloperConsole);

startComponents({ contract: readJson("console-contract") }, find("main"));
