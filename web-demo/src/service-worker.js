// Keeps the build, so that the demo opens without a network. The build fills in the version and the list of files;
// the page's data are not its business: they live in IndexedDB.

const CACHE = "creel-demo-__VERSION__";
const FILES = "__FILES__";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name.startsWith("creel-demo-") && name !== CACHE)
            .map((name) => caches.delete(name)),
        ),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  const options = { ignoreSearch: event.request.mode === "navigate" };
  event.respondWith(
    caches
      .open(CACHE)
      .then((cache) => cache.match(event.request, options))
      .then((kept) => kept ?? fetch(event.request)),
  );
});
