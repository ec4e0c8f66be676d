// Keeps the page of duties for where there is no network. The page's own words wait in outbox.js.

const KEPT = "duty-2";
const FILES = ["/duty", "/icon.svg", "/duty.webmanifest",
  ...["shell.css", "console.css", "shell.js", "duty.js", "outbox.js"].map((name) => `/console/static/${name}`)];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((kept) => Promise.all(FILES.map((file) => kept.add(file).catch(() => {})))));
  self.skipWaiting();
});
self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("duty-") && name !== KEPT);
  event.waitUntil(caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || !FILES.includes(pathname)) return;
  event.respondWith((async () => {
    const kept = await caches.open(KEPT);
    try {
      const answer = await fetch(event.request);
      if (answer.ok && !answer.redirected) await kept.put(pathname, answer.clone());
      return answer;
    } catch (lost) {
      const known = await kept.match(pathname);
      if (known) return known;
      throw lost;
    }
  })());
});
