/* An experiment: a run's spec with one change. */

import { applyPatch } from "../wire/json_patch.js";

/**
 * The spec with these changes (RFC 6902). What is null in it counts as absent.
 *
 * @param {Record<string, any>} spec
 * @param {import("../wire/json_patch.js").Operation[]} operations
 * @returns {Record<string, any>}
 */
export function patchSpec(spec, operations) {
  return Object.fromEntries(Object.entries(applyPatch(spec, operations)).filter(([, value]) => value !== null));
}
