// Reads what a code in a video or a picture says: by the browser's own detector, or by jsQR where there is none.

import { make } from "./elements.js";

const FORMATS = ["qr_code", "code_128", "data_matrix"];
// Small first: it takes a tenth of the time, and noise that hides a code at full size is averaged away.
const VIDEO_PX = [512];
const PHOTO_PX = [512, 1024];

// Let `work` have a function of a video or a bitmap that gives what its code says, or null.
export async function withReader(work) {
  const formats = await ownFormats();
  if (!formats.includes("qr_code")) return withScript(work);
  const detector = new BarcodeDetector({ formats });
  return work(async (source) => (await detector.detect(source).catch(() => []))[0]?.rawValue ?? null);
}

// A phone without its maker's services has a BarcodeDetector that knows no format.
async function ownFormats() {
  const known = await globalThis.BarcodeDetector?.getSupportedFormats().catch(() => []) ?? [];
  return FORMATS.filter((format) => known.includes(format));
}

// In a thread of its own: one bad picture takes seconds, and the person must be able to give up meanwhile.
async function withScript(work) {
  const thread = new Worker("/crew/code_thread.js");
  try {
    return await work(async (source) => {
      for (const longest of source.videoWidth ? VIDEO_PX : PHOTO_PX) {
        const text = await ask(thread, pixelsOf(source, longest));
        if (text) return text;
      }
      return null;
    });
  } finally {
    thread.terminate();
  }
}

function ask(thread, { data, width, height }) {
  return new Promise((done, failed) => {
    thread.onmessage = (answer) => done(answer.data);
    thread.onerror = failed;
    thread.postMessage({ data, width, height }, [data.buffer]);
  });
}

// Halve step by step: all at once, browsers skip pixels instead of averaging them, and the noise stays.
function pixelsOf(source, longest) {
  let [picture, width, height] = [source, source.videoWidth || source.width, source.videoHeight || source.height];
  do {
    const scale = Math.min(1, Math.max(0.5, longest / Math.max(width, height)));
    [width, height] = [Math.round(width * scale), Math.round(height * scale)];
    const smaller = Object.assign(make("canvas"), { width, height });
    smaller.getContext("2d", { willReadFrequently: true }).drawImage(picture, 0, 0, width, height);
    if (picture !== source) picture.width = 0;  // a phone has little room for canvases
    picture = smaller;
  } while (Math.max(width, height) > longest);
  return picture.getContext("2d").getImageData(0, 0, width, height);
}
