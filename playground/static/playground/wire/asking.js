/* Questions to the stored model of a run. Right after the result it may not be stored yet: then they are asked again. */

const AGAIN_MS = 500;
const TRIES = 20;

/** As `socket.request`, for `predict` and `listTestRows`. */
export async function askModel(socket, event, data) {
  for (let left = TRIES; ; left--) {
    try {
      return await socket.request(event, data);
    } catch (error) {
      if (error.code !== "run_not_finished" || left === 0) throw error;
      await new Promise((done) => setTimeout(done, AGAIN_MS));
    }
  }
}
