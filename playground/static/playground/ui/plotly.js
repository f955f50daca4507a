/* Plotly, which draws the charts and takes a second to start on a slow machine: the page is there before it. It starts
   when nothing else is to be done, or when a chart is to be drawn. Called by charts.js. */

import { element } from "./dom.js";

let starting = null;

/** A promise of `window.Plotly`; it stays open while that cannot be loaded. */
export function startPlotly() {
  const src = document.querySelector("meta[name=plotly]").content;
  const onerror = () => (starting = null); // whoever draws next tries again
  starting ??= new Promise((onload) => document.head.append(element("script", { src, onload, onerror })));
  return starting;
}

const whenIdle = window.requestIdleCallback ?? setTimeout; // Safari has none
whenIdle(startPlotly);
