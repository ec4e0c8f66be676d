// Reads codes: with the camera where the browser can, else from a photo, else by hand.

import { make } from "./elements.js";
import { words } from "./words.js";

const LABEL = /^SL1:([a-z0-9-]+):([A-Z0-9-]+-[a-z]{1,4}):([0-9A-Z]+)$/;
const LOOK_MS = 250;

export const canReadPhoto = () => "BarcodeDetector" in globalThis;
export const canScan = () => canReadPhoto() && Boolean(navigator.mediaDevices?.getUserMedia);

// Take a label apart: {box} or {fault}. Letters are forgiven what a wet label does to them.
export function readLabel(text, regency) {
  const match = LABEL.exec(text.trim());
  if (!match) return { fault: words.no_label };
  if (regency && match[1] !== regency) return { fault: words.other_regency(match[1], regency) };
  return { box: match[2] };
}

// Write what was typed, TD-01-a and ABCDE-12345, as the QR code says it.
export function typedLabel(box, code, regency) {
  const plain = code.toUpperCase().replace(/[\s-]/g, "").replace(/[IL]/g, "1").replace(/O/g, "0");
  return `SL1:${regency}:${box}:${plain}`;
}

// Look through the camera until a code is seen; null when the person gives up.
export async function scan() {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  const video = Object.assign(make("video"), { srcObject: stream, muted: true, playsInline: true });
  const stop = make("button", "", words.cancel);
  const dialog = make("dialog", "scan", make("p", "", words.scan_hint), video, stop);
  document.body.append(dialog);
  dialog.showModal();
  try {
    await video.play();
    return await look(video, stop, dialog);
  } finally {
    for (const track of stream.getTracks()) track.stop();
    dialog.remove();
  }
}

async function look(video, stop, dialog) {
  const detector = new BarcodeDetector({ formats: ["qr_code", "code_128", "data_matrix"] });
  let over = false;
  stop.addEventListener("click", () => { over = true; });
  dialog.addEventListener("close", () => { over = true; });
  while (!over) {
    const [code] = await detector.detect(video).catch(() => []);
    if (code) return code.rawValue;
    await new Promise((done) => setTimeout(done, LOOK_MS));
  }
  return null;
}

// Read a code from a photo; null when there is none.
export async function readPhoto(file) {
  const [code] = await new BarcodeDetector({ formats: ["qr_code"] }).detect(await createImageBitmap(file)).catch(() => []);
  return code?.rawValue ?? null;
}
