/* Plotly, which draws the charts and takes a second to start on a slow machine: the page is there before it. It starts
   when nothing else is to be done, or when a chart is to be drawn. */

/** @typedef {{ react: (node: HTMLElement, traces: object[], layout: object, config: object) => void }} Plotly */

/** @returns {Plotly | undefined} undefined until it is loaded */
export const getPlotly = () => /** @type {any} */ (window).Plotly;

/**
 * A promise of Plotly. It stays open where the library cannot be loaded; the next call loads it again.
 *
 * @returns {Promise<void>}
 */
export async function startPlotly() {
  if (getPlotly()) return;
  const address = document.querySelector("meta[name=plotly]")?.getAttribute("content") ?? "";
  const present = document.querySelector("script[data-plotly]");
  const script = present ?? Object.assign(document.createElement("script"), { src: address });
  const loaded = new Promise((resolve) => script.addEventListener("load", resolve));
  if (!present) {
    script.toggleAttribute("data-plotly", true);
    script.addEventListener("error", () => script.remove());
    document.head.append(script);
  }
  await loaded;
}

const whenIdle = window.requestIdleCallback ?? setTimeout; // Safari has none
whenIdle(() => void startPlotly());
