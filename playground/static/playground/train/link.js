/* The setup in a short link, after the #: what differs from a fresh one, under short keys, compressed. No server sees
   it. Called by toolbar.js; what a link carries is checked like anything that comes from outside. */

import { pack, unpack } from "./packing.js";
import { fieldsOf, findPreset, recognise } from "./presets.js";
import { BadSetup, FRESH, parseSetup } from "./setup.js";

const MARK = "#s=";

/** Links that are out in the world are read by these, so that none may ever mean something else.
    @type {Record<string, string>} */
const KEYS = {
  d: "default",
  u: "fileURL",
  t: "target",
  f: "features",
  k: "column_types",
  y: "problem_type",
  bo: "boundary",
  re: "reading",
  sp: "split",
  wt: "weight",
  cw: "class_weight",
  th: "threshold",
};
/** @type {Record<string, string>} */
const SETTING_KEYS = {
  e: "epochs",
  b: "batch_size",
  l: "learning_rate",
  o: "optimizer_name",
  c: "criterion",
  w: "weight_decay",
  m: "momentum",
  g: "gradient_clip",
  h: "schedule",
  hs: "schedule_step",
  hg: "schedule_gamma",
  n: "patience",
  v: "test_size",
  fo: "folds",
  s: "seed",
  x: "shuffle",
  tr: "trainer",
  z: "custom_model_name",
};

/** The address of the page with this setup. An uploaded table stays out: it is its owner's alone.
    @param {import("./setup.js").Setup} setup */
export async function writeLink(setup) {
  /** @type {Record<string, any>} */
  const short = {};
  const [chosen, fresh] = /** @type {Record<string, any>[]} */ ([setup, FRESH]);
  const isUpload = setup.dataset_id !== null;
  for (const [key, field] of Object.entries(KEYS)) {
    if (!isUpload && JSON.stringify(chosen[field]) !== JSON.stringify(fresh[field])) short[key] = chosen[field];
  }
  for (const [key, name] of Object.entries(SETTING_KEYS))
    if (setup.settings[name] !== undefined) short[key] = setup.settings[name];
  const known = recognise(setup);
  if (known) short.p = setup.kind === "network" ? [known.preset.code, known.outputs] : known.preset.code;
  else if (setup.kind === "network") short.a = setup.user_arch.map((layer) => shorten(layer, "layer"));
  else short.r = shorten(setup.user_model, "estimator");
  return new URL(`/${MARK}${await pack(JSON.stringify(short))}`, window.location.href).href;
}

/** @param {string} hash */
export const hasSetup = (hash) => hash.startsWith(MARK);

/** The setup that a link's fragment carries. Raises BadSetup. @param {string} hash */
export async function readLink(hash) {
  let short;
  try {
    short = JSON.parse(await unpack(hash.slice(MARK.length)));
  } catch (error) {
    throw new BadSetup(error instanceof RangeError ? "it is too long" : "it is damaged: was it copied as a whole?");
  }
  if (typeof short !== "object" || short === null || Array.isArray(short)) throw new BadSetup("it is no setup");
  /** @type {Record<string, any>} */
  const given = { settings: {} };
  for (const [key, value] of Object.entries(short)) {
    if (Object.hasOwn(KEYS, key)) given[KEYS[key]] = value;
    else if (Object.hasOwn(SETTING_KEYS, key)) given.settings[SETTING_KEYS[key]] = value;
    else if (key === "p") Object.assign(given, readPreset(value));
    else if (key === "a" && Array.isArray(value))
      Object.assign(given, { kind: "network", user_arch: value.map((each) => lengthen(each, "layer")) });
    else if (key === "r") Object.assign(given, { kind: "estimator", user_model: lengthen(value, "estimator") });
    else throw new BadSetup(`it has a field that is not known: ${key.slice(0, 50)}`);
  }
  return parseSetup(given);
}

/** @param {any} value */
function readPreset(value) {
  const [code, outputs] = [value].flat();
  const preset = findPreset(code);
  if (!preset) throw new BadSetup(`it names a ready-made model that is not known: ${String(code).slice(0, 50)}`);
  return fieldsOf(preset, outputs);
}

/** {layer: "Linear", out_features: 8} is ["Linear", "out_features", 8], and without arguments just its name.
    @param {Record<string, any>} call @param {string} key */
function shorten(call, key) {
  const { [key]: name, ...rest } = call;
  const parts = Object.entries(rest).flat();
  return parts.length ? [name, ...parts] : name;
}

/** @param {any} short @param {string} key */
function lengthen(short, key) {
  const [name, ...parts] = Array.isArray(short) ? short : [short];
  const pairs = Array.from({ length: Math.ceil(parts.length / 2) }, (_, position) =>
    parts.slice(2 * position, 2 * position + 2),
  );
  return { ...Object.fromEntries(pairs), [key]: name };
}
