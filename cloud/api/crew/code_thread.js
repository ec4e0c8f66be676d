// Looks for a QR code in pixels, dark on light and light on dark; not in the page's own thread (`codes.js`).

importScripts("/crew/vendor/jsQR.js");

addEventListener("message", ({ data: { data, width, height } }) => {
  postMessage(jsQR(data, width, height, { inversionAttempts: "attemptBoth" })?.data || null);
});
