// Keeps the page's own files on the phone, so that it opens where there is no network. Of the API it keeps nothing:
// what is typed lies in the page's store until the API has it.

const KEEP = "crew-{version}";
const FILES = ["/crew/", "/crew/icon.svg", ..."{parts}".split(" ").filter((name) => !/^(worker\.js|crew\.html)$/.test(name)).map((name) => `/crew/${name}`)];

addEventListener("install", (event) => {
  // Past the browser's own cache: a new version must not be made of old files.
  event.waitUntil(caches.open(KEEP).then((kept) => kept.addAll(FILES.map((file) => new Request(file, { cache: "reload" }))))
    .then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== KEEP).map((name) => caches.delete(name))))
    .then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !pathname.startsWith("/crew/")) return;
  event.respondWith(caches.open(KEEP)
    .then((kept) => kept.match(event.request, { ignoreSearch: true }))
    .then((found) => found ?? fetch(event.request)));
});
