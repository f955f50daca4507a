/* Sends a run by e-mail, where the server's policy lets this visitor, and tells what becomes of it. */

import { find } from "../ui/dom.js";
import { connect } from "../wire/socket.js";

let socket = null; // opened when something is sent
let sent = null; // the e-mail whose fate is awaited

/** `offer`: { address, is_fixed } from the page, or null. `getRunId()` is the run that is shown. */
export function startMailing(offer, getRunId) {
  find("mail-address").value = offer?.address ?? "";
  find("mail-address").readOnly = Boolean(offer?.is_fixed);
  find("mail-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send(getRunId());
  });
}

export function showMailing(shown) {
  find("mail-form").hidden = !shown;
  sent = null;
  find("mail-status").textContent = "";
}

async function send(runId) {
  open();
  find("mail-send").disabled = true;
  find("mail-status").textContent = "Sending …";
  try {
    const { email_id, message } = await socket.request("sendEmail", { email_address: find("mail-address").value.trim(), run_id: runId });
    sent = email_id;
    find("mail-status").textContent = message;
  } catch (error) {
    find("mail-status").textContent = `${error.message} ${error.hint ?? ""}`;
  } finally {
    find("mail-send").disabled = false;
  }
}

function open() {
  if (socket) return;
  socket = connect("/ws/notifications/");
  const tell = ({ email_id, message, hint = "" }) => {
    if (email_id === sent) find("mail-status").textContent = `${message} ${hint}`;
  };
  socket.on("emailDelivered", tell);
  socket.on("emailFailed", tell);
}
