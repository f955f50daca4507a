/* The client at the address that front ends import. The module itself is wire/socket.js. */

export { connect, ServerError } from "./wire/socket.js";
