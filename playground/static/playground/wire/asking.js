/* Questions to the stored model of a run. Right after the result it may not be stored yet: then they are asked again. */

import { ServerError } from "./socket.js";

const AGAIN_MS = 500;
const TRIES = 20;

/**
 * As `socket.request`.
 *
 * @template {"predict" | "listTestRows"} Name
 * @param {import("./socket.js").Socket} socket
 * @param {Name} event
 * @param {import("./types.d.ts").Handled[Name]} data
 * @returns {Promise<import("./types.d.ts").Answers[Name]>}
 */
export async function askModel(socket, event, data) {
  for (let left = TRIES; ; left--) {
    try {
      return await socket.request(event, data);
    } catch (error) {
      if (!(error instanceof ServerError) || error.code !== "run_not_finished" || left === 0) throw error;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}
