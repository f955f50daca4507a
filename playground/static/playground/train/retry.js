/* An upload that was refused for an option of the reader is sent again with another. Loaded by data.js after a refusal. */

import { element } from "../ui/dom.js";
import { readOption } from "./reading_options.js";
import { READING_NAMES } from "../ui/wording.js";

/** A form with the option that `where` names, or nothing where it names none. `send(reading)` uploads the file again.
    @param {string} where @param {Record<string, any>} reading @param {(reading: Record<string, any>) => void} send */
export function buildRetry(where, reading, send) {
  const name = where.match(/^reading\.(\w+)/)?.[1] ?? "";
  if (!Object.hasOwn(READING_NAMES, name)) return "";
  const field = element("input", { id: "retry-option", type: "text", autocomplete: "off", size: 10, required: true });
  const complaint = element("span", { role: "status" });
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault();
    try {
      send({ ...reading, [name]: readOption(name, field.value) });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      complaint.textContent = ` ${error.message}`;
    }
  };
  const label = element(
    "label",
    { htmlFor: field.id },
    `${/** @type {Record<string, string>} */ (READING_NAMES)[name]} `,
  );
  return element(
    "form",
    { className: "retry", onsubmit: submit },
    label,
    field,
    element("button", { type: "submit" }, "Read it again"),
    complaint,
  );
}
