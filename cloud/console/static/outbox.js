// What waits for the network, in the order in which it was pressed: kept by the telephone, also when it is off meanwhile.

const opened = new Promise((done, fail) => {
  const asked = indexedDB.open("satulayar-duty", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("outbox", { keyPath: "id" });
  asked.onsuccess = () => done(asked.result);
  asked.onerror = () => fail(asked.error);
});

async function store(mode, work) {
  const transaction = (await opened).transaction("outbox", mode, { durability: "strict" });
  const asked = work(transaction.objectStore("outbox"));
  return new Promise((done, fail) => {
    transaction.oncomplete = () => done(asked.result);
    transaction.onerror = () => fail(transaction.error);
    transaction.onabort = () => fail(transaction.error);
  });
}

let last = 0;

export const keep = (entry) => {
  last = Math.max(Date.now(), last + 1);
  return store("readwrite", (entries) => entries.put({ number: last, ...entry }));
};
export const forget = (id) => store("readwrite", (entries) => entries.delete(id));
export const list = async () => (await store("readonly", (entries) => entries.getAll())).sort((one, other) => one.number - other.number);
