// The live stream of incidents: comes back by itself, says when it is lost, and leads to the door when the session is over.

const told = document.getElementById("connection");
const AGAIN_MS = 3000;

async function again(hear, comeBack) {
  try {
    const me = await fetch("/v1/me", { cache: "no-store" });
    if (me.status === 401) { location.assign(`/login?next=${encodeURIComponent(location.pathname)}`); return; }
  } catch { /* no network: the stream is tried again all the same */ }
  setTimeout(() => follow(hear, comeBack, true), AGAIN_MS);
}

// hear(incident) for each that is new or has changed; comeBack() after a break, in which something may have been missed.
export function follow(hear, comeBack, lost = false) {
  const source = new EventSource("/v1/incidents/stream");
  let isLost = lost;
  source.addEventListener("incident", (event) => {
    const incidents = JSON.parse(event.data);
    for (const one of Array.isArray(incidents) ? incidents : [incidents]) hear(one);
  });
  source.onopen = () => {
    told.hidden = true;
    if (isLost) comeBack();
    isLost = false;
  };
  source.onerror = () => {
    isLost = true;
    told.hidden = false;
    if (source.readyState === EventSource.CLOSED) again(hear, comeBack);
  };
}
