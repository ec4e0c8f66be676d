// A table may be dragged onto the form; without this script it is chosen and sent like any other file.

const find = (id) => document.getElementById(id);
const form = find("upload");

if (form) {
  const [drop, file] = [find("drop"), find("table")];
  find("drop-hint").hidden = false;

  const isTooLarge = () => {
    const large = [...file.files].some((one) => one.size > Number(form.dataset.mostBytes));
    find("too-large").hidden = !large;
    return large;
  };
  file.addEventListener("change", isTooLarge);

  // Before the shell counts the form as sent.
  addEventListener("submit", (event) => {
    if (event.target !== form) return;
    if (isTooLarge()) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    find("reading").hidden = false;
  }, true);
  // Back from the next page, it is not being read any more.
  addEventListener("pageshow", () => { find("reading").hidden = true; });

  let inside = 0; // a pointer also leaves for what lies within
  const hold = (event, change) => { event.preventDefault(); inside += change; drop.classList.toggle("over", inside > 0); };
  drop.addEventListener("dragenter", (event) => hold(event, 1));
  drop.addEventListener("dragleave", (event) => hold(event, -1));
  drop.addEventListener("dragover", (event) => event.preventDefault());
  drop.addEventListener("drop", (event) => {
    inside = 0;
    hold(event, 0);
    if (event.dataTransfer.files.length !== 1) return;
    file.files = event.dataTransfer.files;
    form.requestSubmit();
  });
  // A file that misses its place would be opened instead of the page.
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => event.preventDefault());
}
