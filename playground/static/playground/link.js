/* The setup in a short link, after the #: what differs from a fresh one, under short keys, compressed. No server sees
   it. Called by toolbar.js; what a link carries is checked like anything that comes from outside. */

import { fieldsOf, findPreset, recognise } from "./presets.js";
import { BadSetup, FRESH, parseSetup } from "./setup.js";

const MARK = "#s=";
const MOST = 100_000; // characters, of a link and of what is in it

/** Links that are out in the world are read by these, so that none may ever mean something else. */
const KEYS = { d: "default", u: "fileURL", t: "target", f: "features", k: "column_types", y: "problem_type" };
const SETTING_KEYS = {
  e: "epochs", b: "batch_size", l: "learning_rate", o: "optimizer_name", c: "criterion", w: "weight_decay", m: "momentum", g: "gradient_clip",
  h: "schedule", hs: "schedule_step", hg: "schedule_gamma", n: "patience", v: "test_size", s: "seed", x: "shuffle", z: "custom_model_name",
};

/** The address of the page with this setup. An uploaded table stays out: it is its owner's alone. */
export async function writeLink(setup) {
  const short = {};
  const isUpload = setup.dataset_id !== null;
  for (const [key, field] of Object.entries(KEYS)) {
    if (!isUpload && JSON.stringify(setup[field]) !== JSON.stringify(FRESH[field])) short[key] = setup[field];
  }
  for (const [key, name] of Object.entries(SETTING_KEYS)) if (setup.settings[name] !== undefined) short[key] = setup.settings[name];
  const known = recognise(setup);
  if (known) short.p = setup.kind === "network" ? [known.preset.code, known.outputs] : known.preset.code;
  else if (setup.kind === "network") short.a = setup.user_arch.map((layer) => shorten(layer, "layer"));
  else short.r = shorten(setup.user_model, "estimator");
  return new URL(`/${MARK}${await deflate(JSON.stringify(short))}`, window.location.href).href;
}

export const hasSetup = (hash) => hash.startsWith(MARK);

/** The setup that a link's fragment carries. Raises BadSetup. */
export async function readLink(hash) {
  let short;
  try {
    if (hash.length > MOST) throw new BadSetup("it is too long");
    short = JSON.parse(await inflate(hash.slice(MARK.length)));
  } catch (error) {
    throw error instanceof BadSetup ? error : new BadSetup("it is damaged: was it copied as a whole?");
  }
  if (typeof short !== "object" || short === null || Array.isArray(short)) throw new BadSetup("it is no setup");
  const given = { settings: {} };
  for (const [key, value] of Object.entries(short)) {
    if (Object.hasOwn(KEYS, key)) given[KEYS[key]] = value;
    else if (Object.hasOwn(SETTING_KEYS, key)) given.settings[SETTING_KEYS[key]] = value;
    else if (key === "p") Object.assign(given, readPreset(value));
    else if (key === "a" && Array.isArray(value)) Object.assign(given, { kind: "network", user_arch: value.map((each) => lengthen(each, "layer")) });
    else if (key === "r") Object.assign(given, { kind: "estimator", user_model: lengthen(value, "estimator") });
    else throw new BadSetup(`it has a field that is not known: ${key.slice(0, 50)}`);
  }
  return parseSetup(given);
}

function readPreset(value) {
  const [code, outputs] = [value].flat();
  const preset = findPreset(code);
  if (!preset) throw new BadSetup(`it names a ready-made model that is not known: ${String(code).slice(0, 50)}`);
  return fieldsOf(preset, outputs);
}

/** {layer: "Linear", out_features: 8} is ["Linear", "out_features", 8], and without arguments just its name. */
function shorten(call, key) {
  const { [key]: name, ...rest } = call;
  const parts = Object.entries(rest).flat();
  return parts.length ? [name, ...parts] : name;
}

function lengthen(short, key) {
  const [name, ...parts] = Array.isArray(short) ? short : [short];
  const pairs = Array.from({ length: Math.ceil(parts.length / 2) }, (_, position) => parts.slice(2 * position, 2 * position + 2));
  return { ...Object.fromEntries(pairs), [key]: name };
}

async function deflate(text) {
  const bytes = await pass(new Blob([text]), new CompressionStream("deflate-raw"));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function inflate(packed) {
  const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (character) => character.charCodeAt(0));
  return new TextDecoder("utf-8", { fatal: true }).decode(await pass(new Blob([bytes]), new DecompressionStream("deflate-raw")));
}

/** All bytes that come out, but no more than MOST: a few can swell to gigabytes. */
async function pass(blob, through) {
  const chunks = [];
  let size = 0;
  for (const reader = blob.stream().pipeThrough(through).getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > MOST) {
      reader.cancel();
      throw new BadSetup("it is too long");
    }
    chunks.push(value);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
