/* The little Markdown that feedback and hints have, as elements: paragraphs, **strong**, *emphasis* and `code`. */

import { element } from "./dom.js";

const MARKS = /(\*\*[^*]+\*\*|\*[^*\s][^*]*\*|`[^`]+`)/;

/** Elements for a text of paragraphs. */
export function prose(text) {
  return text.trim().split(/\n\s*\n/).map((paragraph) => element("p", {}, ...line(paragraph)));
}

function line(text) {
  return text.split(MARKS).filter(Boolean).map((part) => {
    if (part.length > 4 && part.startsWith("**") && part.endsWith("**")) return element("strong", {}, ...line(part.slice(2, -2)));
    if (part.length > 2 && part.startsWith("`") && part.endsWith("`")) return element("code", {}, part.slice(1, -1));
    if (part.length > 2 && part.startsWith("*") && part.endsWith("*")) return element("em", {}, ...line(part.slice(1, -1)));
    return part.replace(/\\([*_`\\])/g, "$1");
  });
}
