/* The banner that tells whether the page's sockets are connected. */

import { Component } from "./component.js";

/** @typedef {import("../wire/socket.js").Socket} Socket */

export class ConnectionState extends Component {
  /** @type {Set<Socket>} */
  #lost = new Set();

  /** @param {{ socket: Socket }} context */
  start({ socket }) {
    this.follow(socket);
  }

  /**
   * Shows the banner while this socket, or another that is followed, is not connected.
   *
   * @param {Socket} socket
   */
  follow(socket) {
    socket.on("closed", () => this.#show(this.#lost.add(socket)));
    socket.on("open", () => {
      this.#lost.delete(socket);
      this.#show(this.#lost);
    });
  }

  /** @param {Set<Socket>} lost */
  #show(lost) {
    this.hidden = lost.size === 0;
  }
}

customElements.define("connection-state", ConnectionState);

/** @param {Socket} socket followed by the page's banner */
export function followConnection(socket) {
  document.querySelector("connection-state")?.follow(socket);
}
