// What every page of the console does: the clock, countdowns, the menu, forms that are sent once.

const wib = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "id-ID",
  { timeZone: "Asia/Jakarta", hour: "2-digit", minute: "2-digit", second: "2-digit" });

// How long until an instant, or since it: 3:07, 2:14:09, 3 d. The width stays the same while it runs.
function span(seconds) {
  const whole = Math.abs(Math.round(seconds));
  const two = (n) => String(n).padStart(2, "0");
  if (whole >= 172800) return `${Math.floor(whole / 86400)} ${document.body.dataset.days}`;
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

export function tick() {
  const now = Date.now();
  for (const clock of document.querySelectorAll("[data-clock]")) clock.textContent = `${wib.format(now)} WIB`;
  for (const one of document.querySelectorAll("[data-due]")) {
    const left = (Date.parse(one.dataset.due) - now) / 1000;
    const text = span(left);
    if (one.textContent !== text) one.textContent = text;
    const box = one.closest(".due") ?? one;
    box.classList.toggle("over", left < 0);
    box.classList.toggle("soon", left >= 0 && left < 60);
  }
  for (const one of document.querySelectorAll("[data-since]")) {
    const text = span((now - Date.parse(one.dataset.since)) / 1000);
    if (one.textContent !== text) one.textContent = text;
  }
}

// On a telephone the navigation is one line, pushed aside: here is where one is.
document.querySelector(".places a[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });

setInterval(tick, 1000);
addEventListener("htmx:oobAfterSwap", tick);
tick();

// A menu closes when somebody looks elsewhere.
addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.who[open]")) if (!menu.contains(event.target)) menu.open = false;
});
addEventListener("keydown", (event) => {
  if (event.key === "Escape") for (const menu of document.querySelectorAll("details.who[open]")) menu.open = false;
});

// A form is sent once: a double click on a button is one order.
addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sending) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  const asked = event.submitter?.dataset.confirm ?? form.dataset.confirm;
  if (asked && !confirm(asked)) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  form.dataset.sending = "yes";
  setTimeout(() => { delete form.dataset.sending; }, 10000);
}, true);
addEventListener("htmx:afterRequest", (event) => { delete event.target.closest?.("form")?.dataset.sending; });

// What the API refused is drawn where the answer would have been.
addEventListener("htmx:beforeSwap", (event) => {
  const { status } = event.detail.xhr;
  if (status >= 400 && status !== 401) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
