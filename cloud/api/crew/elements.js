// Making elements, and the two things that a phone gives: a small photo, and where it is.

const PHOTO_PX = 1280;
const MOST_BYTES = 400_000;

export const find = (id) => document.getElementById(id);

export function make(tag, className, ...content) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...content.filter((one) => one !== undefined && one !== null && one !== ""));
  return element;
}

export function button(text, work, className = "") {
  const element = make("button", className, text);
  element.type = "button";
  element.addEventListener("click", () => work(element));
  return element;
}

// A labelled field; `save` is told at every keystroke.
export function field(name, text, input, save) {
  input.id = name;
  input.addEventListener("input", () => save(input.value));
  const label = make("label", "", text);
  label.htmlFor = name;
  return make("div", "field", label, input);
}

// Make a photo as small as a weak line needs it: JPEG of 1280 pixels, and less where that is still too much.
export async function shrink(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, PHOTO_PX / Math.max(bitmap.width, bitmap.height));
  const canvas = make("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  for (const quality of [0.8, 0.6, 0.4]) {
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    if (blob.size <= MOST_BYTES || quality === 0.4) return blob;
  }
}

export const locate = () => new Promise((done, failed) => {
  if (!navigator.geolocation) failed(new Error("none"));
  else navigator.geolocation.getCurrentPosition((found) => done(found.coords), failed,
    { enableHighAccuracy: true, timeout: 30_000, maximumAge: 10_000 });
});

// Read what was typed, "-7.6636, 112.6843" or "-7,6636; 112,6843"; null when it is no position.
export function readPosition(text) {
  const parts = text.includes(";") || /\s/.test(text.trim()) ? text.split(/[;\s]+/) : text.split(",");
  const numbers = parts.map((part) => part.replace(/,$/, "").replace(",", ".")).filter(Boolean).map(Number);
  if (numbers.length !== 2 || numbers.some(Number.isNaN)) return null;
  return { latitude: numbers[0], longitude: numbers[1] };
}

// Metres between two positions on the sphere (haversine, mean radius of the earth).
export function distance(a, b) {
  const radians = Math.PI / 180;
  const half = Math.sin((b.latitude - a.latitude) * radians / 2) ** 2 +
    Math.cos(a.latitude * radians) * Math.cos(b.latitude * radians) * Math.sin((b.longitude - a.longitude) * radians / 2) ** 2;
  return 2 * 6_371_009 * Math.asin(Math.sqrt(half));
}
