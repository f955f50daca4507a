/* JSON as a few letters that may stand in an address: frequent parts replaced, compressed, base64url. Called by link.js. */

const MOST = 100_000; // characters, packed or not

/* Compression alone does little for short texts. Each of these becomes one control character, which JSON never holds.
   Links that are out in the world are read by their places: they may not change. */
const PARTS = [
  '{"d":"',
  '["Linear","out_features",',
  '"ReLU"',
  '["Dropout","p",',
  '"BatchNorm1d"',
  '"Tanh"',
  '"Flatten"',
  '["Conv2d","out_channels",',
  ',"kernel_size",',
  '["MaxPool2d","kernel_size",',
  '["Unflatten","dim",1,"unflattened_size",',
  ',"padding",',
  '"a":[',
  '"p":["',
  '"r":["',
  '"r":"',
  'WINE"',
  'BREAST CANCER"',
  'DIGITS"',
  'DIABETES"',
  'CALIFORNIAHOUSING"',
  'CIRCLES"',
  'MOONS"',
  'XOR"',
  'SPIRAL"',
  "RandomForest",
  "HistGradientBoosting",
  'Classifier"',
  'Regressor"',
  ',"max_depth",',
  '"SGD"',
];
/** @param {number} place */
const signOf = (place) => String.fromCharCode(place + 1); // 1 to 31

/** @param {string} json */
export async function pack(json) {
  const short = PARTS.reduce((text, part, place) => text.replaceAll(part, signOf(place)), json);
  const bytes = await pass(new Blob([short]), new CompressionStream("deflate-raw"));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Raises RangeError where it is too long, and other errors where it was never packed. @param {string} packed */
export async function unpack(packed) {
  if (packed.length > MOST) throw new RangeError();
  const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
    character.charCodeAt(0),
  );
  const short = new TextDecoder("utf-8", { fatal: true }).decode(
    await pass(new Blob([bytes]), new DecompressionStream("deflate-raw")),
  );
  const json = PARTS.reduce((text, part, place) => text.replaceAll(signOf(place), part), short);
  if (json.length > MOST) throw new RangeError();
  return json;
}

/** All bytes that come out, but no more than MOST: a few can swell to gigabytes.
    @param {Blob} blob @param {CompressionStream | DecompressionStream} through */
async function pass(blob, through) {
  const chunks = [];
  let size = 0;
  for (const reader = blob.stream().pipeThrough(through).getReader(); ; ) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(chunks).arrayBuffer());
    size += value.length;
    if (size > MOST) {
      reader.cancel();
      throw new RangeError();
    }
    chunks.push(value);
  }
}
