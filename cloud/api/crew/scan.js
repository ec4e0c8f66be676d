// Reads codes: with the camera, else from a photo, else by hand.

import { withReader } from "./codes.js";
import { make } from "./elements.js";
import { words } from "./words.js";

const LABEL = /^SL1:([a-z0-9-]+):([A-Z0-9-]+-[a-z]{1,4}):([0-9A-Z]+)$/;
const LOOK_MS = 250;

export const canScan = () => isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);

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
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  const video = Object.assign(make("video"), { srcObject: stream, muted: true, playsInline: true });
  const stop = make("button", "", words.cancel);
  const dialog = make("dialog", "scan", make("p", "", words.scan_hint), video, stop);
  document.body.append(dialog);
  dialog.showModal();
  try {
    await video.play();
    return await withReader((read) => look(read, video, stop, dialog));
  } finally {
    for (const track of stream.getTracks()) track.stop();
    dialog.remove();
  }
}

async function look(read, video, stop, dialog) {
  let over = false;
  const givenUp = new Promise((done) => {
    stop.addEventListener("click", done);
    dialog.addEventListener("close", done);
  }).then(() => { over = true; return null; });
  const seen = async () => {
    while (!over) {
      const text = await read(video);
      if (text) return text;
      await new Promise((done) => setTimeout(done, LOOK_MS));
    }
    return null;
  };
  return Promise.race([seen(), givenUp]);
}

// Read a code from a photo; null when there is none.
export async function readPhoto(file) {
  const picture = await createImageBitmap(file);
  return withReader((read) => read(picture));
}
