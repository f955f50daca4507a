/* The list of modules: their points, as they are earned. */

import { find } from "../ui/dom.js";
import { followEarnings } from "./earnings.js";

followEarnings((progress, news, total) => {
  for (const item of document.querySelectorAll("[data-module]")) {
    const earned = progress[item.dataset.module]?.modulePoints ?? 0;
    const points = Number(item.dataset.points);
    item.querySelector("progress").value = earned;
    item.querySelector(".count strong").textContent = earned;
    item.classList.toggle("earned", points > 0 && earned >= points);
  }
  find("total").value = total;
  find("earned").textContent = total;
});
