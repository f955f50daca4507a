/* Sends the file of a table to the server. Called by the data step, and by the split for a table of test rows. */

/** Resolves with the table as it was read. Rejects with what the server refused, or with a plain message.
    `reading` states options where the file could not be read as detected.
    @param {File} file @param {Record<string, any>} [reading] @returns {Promise<any>} */
export async function uploadTable(file, reading = {}) {
  const body = new FormData();
  body.append("file", file);
  if (Object.keys(reading).length) body.append("reading", JSON.stringify(reading));
  const token = document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? "";
  /** @type {Response} */
  let response;
  let answer;
  try {
    response = await fetch("/datasets/", { method: "POST", body, headers: { "X-CSRFToken": token } });
    answer = await response.json();
  } catch {
    throw { message: "The upload failed.", hint: "Check the connection and try again." };
  }
  if (!response.ok) throw answer;
  return answer;
}
