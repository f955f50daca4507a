/* The custom elements that modules find by their names. */

interface HTMLElementTagNameMap {
  "connection-state": import("./connection.js").ConnectionState;
  "page-announcer": import("./announcer.js").PageAnnouncer;
}
