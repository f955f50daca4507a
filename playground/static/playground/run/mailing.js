/* <mail-form>: sends a run by e-mail, where the server's policy lets this visitor, and tells what becomes of it. */

import { Component } from "../ui/component.js";
import { connect } from "../wire/socket.js";

class MailForm extends Component {
  /** @type {import("../wire/socket.js").Socket | null} */
  #socket = null; // opened when something is sent
  /** @type {string | null} */
  #sent = null; // the e-mail whose fate is awaited

  /** @param {import("./types.d.ts").RunContext} context */
  start({ store, mail }) {
    const address = this.one("#mail-address", HTMLInputElement);
    address.value = mail?.address ?? "";
    address.readOnly = Boolean(mail?.is_fixed);
    this.one("form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#send(store.state.run?.run_id, address.value.trim());
    });
    store.watch(
      ({ result }) => result,
      (result) => {
        this.one("form").hidden = !(result && store.state.run?.own && mail);
        this.#sent = null;
        this.#say("");
      },
    );
  }

  /**
   * @param {string | null | undefined} runId
   * @param {string} address
   */
  async #send(runId, address) {
    const button = this.one("#mail-send", HTMLButtonElement);
    this.#socket ??= this.#open();
    button.disabled = true;
    this.#say("Sending …");
    try {
      const asked = { email_address: address, run_id: runId };
      const { email_id, message } = await this.#socket.request("sendEmail", asked);
      this.#sent = email_id;
      this.#say(message);
    } catch (/** @type {any} */ error) {
      this.#say(`${error.message} ${error.hint ?? ""}`);
    } finally {
      button.disabled = false;
    }
  }

  #open() {
    const socket = connect("/ws/notifications/");
    /** @param {{ email_id: string, message: string, hint?: string }} fate */
    const tell = ({ email_id, message, hint = "" }) => {
      if (email_id === this.#sent) this.#say(`${message} ${hint}`);
    };
    socket.on("emailDelivered", tell);
    socket.on("emailFailed", tell);
    return socket;
  }

  /** @param {string} text */
  #say(text) {
    this.one("#mail-status").textContent = text;
  }
}

customElements.define("mail-form", MailForm);
