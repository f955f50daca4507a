/* What a sweep tried, on its way from the sweep's page to the dialog of the Train page, where it is changed and run again. */

const KEY = "playground.vary";

/** `vary`: path -> values, without seeds; `seeds`: how many.
    @param {Record<string, any[]>} vary @param {number} seeds */
export function keepForLater(vary, seeds) {
  sessionStorage.setItem(KEY, JSON.stringify({ vary, seeds }));
}

/** Once; null where nothing is kept. */
export function takeKept() {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  return kept && JSON.parse(kept);
}
