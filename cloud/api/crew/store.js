// What the phone keeps: whose account is signed in, the slots that it took along, visits with what is being typed, and every piece.
// A piece is kept before anything is sent, and stays until the API has answered for it.

const NAME = "satulayar-crew";

let opened;

function open() {
  opened ??= new Promise((done, failed) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("kept");
      asked.result.createObjectStore("visits", { keyPath: "id" });
      asked.result.createObjectStore("pieces", { keyPath: "id" }).createIndex("visit", "visit");
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => failed(asked.error);
  });
  return opened;
}

async function run(store, mode, work) {
  const database = await open();
  return new Promise((done, failed) => {
    const transaction = database.transaction(store, mode, mode === "readwrite" ? { durability: "strict" } : undefined);
    const asked = work(transaction.objectStore(store));
    // Done when it is on the disk, not when it was asked for.
    transaction.oncomplete = () => done(asked.result);
    transaction.onerror = transaction.onabort = () => failed(transaction.error);
  });
}

export const kept = (key) => run("kept", "readonly", (store) => store.get(key));
export const keep = (key, value) => run("kept", "readwrite", (store) => store.put(value, key));
export const forget = (key) => run("kept", "readwrite", (store) => store.delete(key));

export const visit = (id) => run("visits", "readonly", (store) => store.get(id));
export const visits = () => run("visits", "readonly", (store) => store.getAll());
export const putVisit = (one) => run("visits", "readwrite", (store) => store.put(one));

export const piecesOf = async (id) =>
  (await run("pieces", "readonly", (store) => store.index("visit").getAll(id))).sort((a, b) => a.order - b.order);
export const pieces = async () =>
  (await run("pieces", "readonly", (store) => store.getAll())).sort((a, b) => a.order - b.order);
export const putPiece = (one) => run("pieces", "readwrite", (store) => store.put(one));

// crypto.randomUUID is there over https and on this machine only, and so is the camera: a crew's page has both.
export const newId = () => crypto.randomUUID();

let last = 0;

// Photos that may wait; at 400 kB each a phone has room for them, and one day's work has fewer.
const MOST_PHOTOS = 60;
export class Full extends Error {}

// Make a piece of a visit: in order, with the instant of the phone, of whoever is signed in, waiting to be sent.
export async function addPiece(visit, kind, content, blob) {
  const photos = blob ? (await pieces()).filter((one) => one.blob && one.state === "waiting").length : 0;
  if (photos >= MOST_PHOTOS) throw new Full();
  last = Math.max(last + 1, Date.now());
  const piece = { id: newId(), visit: visit.id, box: visit.box, kind, content, blob, order: last,
    account: (await kept("account"))?.name, at: new Date().toISOString(), state: "waiting" };
  await putPiece(piece);
  dispatchEvent(new Event("kept"));
  return piece;
}

// Ask the browser not to throw the store away when the phone runs short of room.
export const holdFast = () => navigator.storage?.persist?.();
