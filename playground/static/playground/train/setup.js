/* What a setup is: its fields, a fresh one, and how it comes from elsewhere: from a part of one, or from a spec. */

/** `default`, `dataset_id` and `fileURL`: of which table; `settings`: how to train.
    @typedef {{ default: string | null, dataset_id: string | null, fileURL: string | null, target: string | null,
      features: string[], column_types: Record<string, any>, problem_type: string | null, reading: Record<string, any>,
      split: any, weight: string | null, class_weight: any, threshold: number | null, boundary: string[] | null,
      kind: "network" | "estimator", user_arch: any[], user_model: { estimator: string, [argument: string]: any },
      settings: Record<string, any> }} Setup */

/** @typedef {(value: any) => boolean} Check */

/** @type {Setup} */
export const FRESH = {
  default: "IRIS",
  dataset_id: null,
  fileURL: null,
  target: null,
  features: [],
  column_types: {},
  problem_type: null,
  reading: {},
  split: null,
  weight: null,
  class_weight: null,
  threshold: null,
  boundary: null,
  kind: "network",
  user_arch: [{ layer: "Linear", out_features: 16 }, { layer: "ReLU" }, { layer: "Linear", out_features: 3 }],
  user_model: { estimator: "RandomForestClassifier" },
  settings: {},
};

/** Another target: what was chosen for the one before means nothing. */
export const NO_TARGET = { target: null, features: [], problem_type: null, class_weight: null, threshold: null };

/** Another table: what was chosen for the file and the columns of the one before means nothing. */
export const NO_TABLE = {
  default: null,
  dataset_id: null,
  fileURL: null,
  ...NO_TARGET,
  column_types: {},
  reading: {},
  split: null,
  weight: null,
  boundary: null,
};

const SOURCES = ["default", "dataset_id", "fileURL"];

export class BadSetup extends Error {}

/** @type {Check} */
const isText = (value) => typeof value === "string" && value.length <= 2000;
/** @type {Check} */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
/** @type {Check} */
const isBoolean = (value) => typeof value === "boolean";
/** @type {Check} */
const isPlain = (value) => value === null || isText(value) || isNumber(value) || isBoolean(value);
/** @type {Check} */
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
/** @type {(is: Check, most: number) => Check} */
const isListOf = (is, most) => (value) => Array.isArray(value) && value.length <= most && value.every(is);
/** @type {(is: Check) => Check} */
const isMapOf = (is) => (value) => isObject(value) && Object.values(value).every(is);
/** @type {(is: Check) => Check} */
const orNull = (is) => (value) => value === null || is(value);
/** @type {(...choices: string[]) => Check} */
const isOneOf =
  (...choices) =>
  (value) =>
    choices.includes(value);

/** @type {Check} */
const isWhole = (value) => Number.isInteger(value) && value >= 0;
/** An object whose fields are all known, each of which may be absent or null.
    @type {(fields: Record<string, Check>) => Check} */
const isRecordOf = (fields) => (value) =>
  isObject(value) &&
  Object.entries(value).every(([name, each]) => Object.hasOwn(fields, name) && (each === null || fields[name](each)));

/** The options of the reader; those that are absent are detected.
    @type {Record<string, Check>} */
export const READING = {
  encoding: isText,
  delimiter: isText,
  decimal: isText,
  thousands: isText,
  header_row: isWhole,
  skip_rows: isListOf(isWhole, 10_000),
  comment: isText,
  missing: isListOf(isText, 100),
  sheet: isText,
};

/** More about a column than its type.
    @type {Record<string, Check>} */
const COLUMN_CHOICE = {
  type: isText,
  order: isListOf(isText, 1_000),
  merge: isMapOf(isText),
  missing: isListOf(isText, 100),
  day_first: isBoolean,
};

const SPLIT = { kind: isOneOf("random", "time", "group", "given"), column: isText, value: isText, dataset_id: isText };

/** A layer or an estimator: its name under `key`, and arguments that are plain or lists of numbers.
    @type {(key: string) => Check} */
const isCall = (key) => (value) =>
  isObject(value) &&
  isText(value[key]) &&
  Object.values(value).every((each) => isPlain(each) || isListOf(isNumber, 9)(each));

/** The spec's fields about how to train; the page has a field of the same id for each.
    @type {Record<string, Check>} */
export const SETTINGS = {
  epochs: isNumber,
  batch_size: isNumber,
  learning_rate: isNumber,
  optimizer_name: isText,
  criterion: isText,
  weight_decay: isNumber,
  momentum: isNumber,
  gradient_clip: isNumber,
  schedule: isText,
  schedule_step: isNumber,
  schedule_gamma: isNumber,
  patience: isNumber,
  test_size: isNumber,
  folds: isNumber,
  seed: isNumber,
  shuffle: isBoolean,
  trainer: isText,
  custom_model_name: isText,
};

/** @type {Record<string, Check>} */
const FIELDS = {
  default: orNull(isText),
  dataset_id: orNull(isText),
  fileURL: orNull(isText),
  target: orNull(isText),
  features: isListOf(isText, 10_000),
  column_types: isMapOf((value) => isText(value) || isRecordOf(COLUMN_CHOICE)(value)),
  problem_type: orNull(isText),
  reading: isRecordOf(READING),
  split: orNull(isRecordOf(SPLIT)),
  weight: orNull(isText),
  class_weight: orNull((value) => isText(value) || isMapOf(isNumber)(value)),
  threshold: orNull(isNumber),
  boundary: orNull((value) => isListOf(isText, 2)(value) && value.length === 2),
  kind: isOneOf("network", "estimator"),
  user_arch: isListOf(isCall("layer"), 200),
  user_model: isCall("estimator"),
  settings: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, each]) => Object.hasOwn(SETTINGS, name) && SETTINGS[name](each)),
};

/** A whole setup from a part of one. What its values mean is the server's to check. Raises BadSetup.
    @param {any} given @returns {Setup} */
export function parseSetup(given) {
  if (!isObject(given)) throw new BadSetup("it is no setup");
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(FIELDS, name)) throw new BadSetup(`it has a field that is not known: ${name.slice(0, 50)}`);
    if (!FIELDS[name](value)) throw new BadSetup(`what it says for ${name} cannot be used`);
  }
  return { ...structuredClone(FRESH), ...given };
}

/** What is said of the table, beside where it comes from. */
export const OF_TABLE = Object.keys(NO_TABLE).filter((name) => !SOURCES.includes(name));

/** The setup that trains a spec, whose model is in the object form; state.js has the way back. Without a table in it, its
    columns mean nothing; what the page has no field for stays out.
    @param {Record<string, any>} spec */
export function fromSpec(spec) {
  const hasTable = SOURCES.some((name) => spec[name] !== null && spec[name] !== undefined);
  const ofTable = [...SOURCES, ...OF_TABLE].map((name) => [
    name,
    spec[name] ?? /** @type {Record<string, any>} */ (NO_TABLE)[name],
  ]);
  const known = Object.entries(spec).filter(([name, value]) => Object.hasOwn(SETTINGS, name) && SETTINGS[name](value));
  return parseSetup({
    ...(hasTable ? Object.fromEntries(ofTable) : {}),
    ...(spec.user_model
      ? { kind: "estimator", user_model: spec.user_model }
      : { kind: "network", user_arch: spec.user_arch ?? [] }),
    settings: Object.fromEntries(known),
  });
}
