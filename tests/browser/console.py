"""The console in a real browser: an operator, a crew with a phone, and the head of shift who verifies.

Run by `python -m tests.browser.console_walk` and by tests/system/test_console_seen.py, which make the room for it, in a
Python that has Playwright: `python tests/browser/console.py URL PASSWORD PHOTO FOLDER CHROMIUM PART…`; the parts are
`tree`, `warning` and `map`. Says `ready` when the queue is open, so that a tree can fall; prints what it measured, as
JSON.
"""

import json
import sys
import time
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

WALL, PHONE = {"width": 1920, "height": 1080}, {"width": 390, "height": 844}
PLACE = {"latitude": -7.6603, "longitude": 112.6902, "accuracy": 7}
LIVE_MS, SENT_MS, DRAWN_MS = 15_000, 60_000, 60_000
# WebGL without a graphics card.
ARGUMENTS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


class Desk:
    """Somebody's browser, signed in; remembers what was wrong and what it measured."""

    faults: list[str] = []  # noqa: RUF012 - of all desks
    measured: dict[str, float] = {}  # noqa: RUF012 - the same
    number = 0

    def __init__(self, context: BrowserContext, url: str, folder: Path) -> None:
        self.context, self.url, self.folder = context, url, folder
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("request", self._look)

    def _look(self, request) -> None:
        if not request.url.startswith((self.url, "blob:", "data:")):
            self.faults.append(f"asks elsewhere: {request.url}")

    def sign_in(self, name: str, password: str, home: str) -> None:
        self.page.goto(f"{self.url}{home}")
        self.page.fill("#name", name)
        self.page.fill("#password", password)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(f"{self.url}{home}")

    def wait_until(self, expression: str, timeout_s: float = 30) -> None:
        """Wait until something is true there: Playwright's own way evaluates a string, which our policy forbids."""
        deadline_s = time.monotonic() + timeout_s
        while not self.page.evaluate(expression):
            assert time.monotonic() < deadline_s, expression
            self.page.wait_for_timeout(100)

    def picture(self, name: str, *, whole: bool = False) -> None:
        Desk.number += 1
        size = self.page.viewport_size or WALL
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > size["width"]:
            self.faults.append(f"{name}: {wide} px wide")
        self.page.screenshot(path=self.folder / f"{Desk.number:02}-{name}.png", full_page=whole)

    def both_languages(self, path: str, name: str) -> None:
        for language in ("en", "id"):
            self.page.goto(f"{self.url}{path}?lang={language}")
            self.page.wait_for_load_state("load")
            self.page.wait_for_timeout(300)
            self.picture(f"{name}-{language}")


def open_desk(browser: Browser, url: str, folder: Path, size: dict[str, int], scheme: str = "dark") -> Desk:
    context = browser.new_context(
        viewport=size, color_scheme=scheme, locale="id-ID", geolocation=PLACE, permissions=["geolocation"]
    )
    return Desk(context, url, folder)


def wait_for_the_tree(room: Desk) -> None:
    """See the new incident behind its bar, while what stands there does not move."""
    first = room.page.locator("#queue > li").first
    before = first.bounding_box()
    print("ready", flush=True)
    expect(room.page.locator("#show-new")).to_contain_text("1 insiden baru", timeout=LIVE_MS)
    if first.bounding_box() != before:
        room.faults.append("the queue moved under the pointer")
    room.picture("antrean-insiden-baru")


def take_by_keyboard(room: Desk) -> str:
    """Show it, acknowledge it and open it without a mouse."""
    room.page.keyboard.press("n")
    row = room.page.locator("#queue > li", has_text="Pohon tumbang")
    expect(row).to_be_visible()
    name = row.get_attribute("data-incident") or ""
    room.page.keyboard.press("j")
    while room.page.evaluate("document.activeElement.closest('li')?.dataset.incident") != name:
        room.page.keyboard.press("j")
    room.page.keyboard.press("a")
    expect(row.locator(".state")).to_have_text("ditangani", timeout=LIVE_MS)
    expect(row.locator(".who-line")).to_have_text("sari")
    room.page.keyboard.press("Enter")
    room.page.wait_for_url(f"{room.url}/incidents/{name}")
    return name


def send_crew(room: Desk) -> None:
    """Look at the picture, then send the crew that is proposed, with a double click."""
    picture = room.page.locator("img.evidence")
    expect(picture).to_be_visible()
    room.wait_until("document.querySelector('img.evidence').naturalWidth > 0")
    expect(room.page.locator(".crew-choice input:checked")).to_have_value("Regu BPBD 1")
    room.picture("insiden")
    watch_film(room)
    room.page.locator("#order").fill("Bawa gergaji mesin")
    room.page.get_by_role("button", name="Kirim", exact=True).dblclick()
    expect(room.page.locator("#incident-head .state")).to_have_text("petugas dikirim", timeout=LIVE_MS)
    expect(room.page.locator("#crews")).to_contain_text("belum menjawab")
    # What was pressed is gone: the panel offers what the new state allows.
    expect(room.page.get_by_role("button", name="Ambil: saya tangani")).to_have_count(0)
    expect(room.page.locator("#order")).to_have_value("")


def watch_film(room: Desk) -> None:
    """See the film come while the page is open, and play it to its end: its parts follow one another."""
    print("opened", flush=True)
    links = room.page.locator("[data-film] a")
    expect(links).to_have_count(2, timeout=LIVE_MS)
    links.first.click()
    expect(room.page.locator("dialog.film video")).to_be_visible()
    expect(room.page.locator(".film-parts button").nth(1)).to_have_attribute("aria-current", "", timeout=LIVE_MS)
    room.wait_until("document.querySelector('dialog.film video').ended")
    room.picture("film")
    room.page.get_by_role("button", name="Tutup").click()
    expect(room.page.locator("dialog.film")).to_have_count(0)


def go_there(crew: Desk, photo: str) -> None:
    """Accept, arrive and take a picture in a dead spot, switch the phone off and on, and be done with a network."""
    button = crew.page.locator("[data-next]")
    expect(button).to_have_text("Terima tugas", timeout=LIVE_MS)
    expect(crew.page.locator("[data-note]")).to_have_text("Bawa gergaji mesin")
    crew.picture("tugas")
    button.click()
    expect(button).to_have_text("Berangkat")
    crew.wait_until("navigator.serviceWorker.controller !== null")
    expect(crew.page.locator("#outbox")).to_be_hidden(timeout=LIVE_MS)
    crew.context.set_offline(True)
    button.click()
    expect(button).to_have_text("Tiba")
    button.click()
    expect(button).to_be_disabled()
    crew.page.locator("[data-file]").set_input_files(photo)
    expect(crew.page.locator("#outbox")).to_contain_text("3 pesan menunggu", timeout=LIVE_MS)
    crew.picture("tugas-tanpa-jaringan", whole=True)
    crew.page.reload()
    expect(crew.page.locator("#outbox")).to_contain_text("3 pesan menunggu", timeout=LIVE_MS)
    crew.context.set_offline(False)
    expect(crew.page.locator("#outbox")).to_be_hidden(timeout=SENT_MS)
    crew.page.locator("[data-text]").fill("Batang dipotong, jalan terbuka.")
    button.click()
    expect(crew.page.locator("#none")).to_be_visible(timeout=LIVE_MS)


def verify(head: Desk, name: str) -> None:
    """Close it as somebody else, on a phone."""
    head.page.goto(f"{head.url}/incidents/{name}")
    head.page.fill("#verify-text", "Kamera melihat jalan bersih.")
    head.picture("verifikasi", whole=True)
    head.page.get_by_role("button", name="Terverifikasi").click()
    expect(head.page.locator("#incident-head .state")).to_have_text("selesai", timeout=LIVE_MS)


def measure_map(room: Desk) -> None:
    """Draw the map with all cameras, three times; then move it."""
    took = []
    for _ in range(3):
        room.page.goto(f"{room.url}/map?lang=id")
        room.page.wait_for_selector("#map[data-drawn]", timeout=DRAWN_MS)
        took.append(room.page.evaluate("performance.getEntriesByName('map-drawn')[0].startTime"))
    Desk.measured["map_drawn_ms"] = round(sorted(took)[1])
    for mark in ("map-ready", "points-loaded"):
        at_ms = room.page.evaluate("(mark) => performance.getEntriesByName(mark)[0].startTime", mark)
        Desk.measured[mark.replace("-", "_") + "_ms"] = round(at_ms)
    Desk.measured["cameras"] = int(room.page.locator("#count-cameras").inner_text())
    room.picture("peta")
    Desk.measured["map_zoomed_ms"] = round(
        room.page.evaluate(
            "async () => { const begun = performance.now(); satulayarMap.jumpTo({ zoom: satulayarMap.getZoom() + 2 });"
            " await satulayarMap.once('idle'); return performance.now() - begun; }"
        )
    )
    room.picture("peta-dekat")


def draw_warning(browser: Browser, url: str, password: str, folder: Path) -> None:
    """Draw an outline with the pointer and with the keyboard, issue an exercise, and see it on the page."""
    head = open_desk(browser, url, folder, WALL)
    head.sign_in("budi", password, "/early-warning")
    head.page.locator("#issue summary").click()
    head.page.wait_for_selector("#area-map[data-drawn]", timeout=DRAWN_MS)
    frame = head.page.locator("#area-map")
    frame.scroll_into_view_if_needed()
    for x, y in ((120, 80), (420, 90), (300, 250)):
        frame.click(position={"x": x, "y": y})
    expect(head.page.locator("#area-told")).to_contain_text("3 sudut")
    outline = head.page.locator("#outline")
    drawn = outline.input_value().splitlines()
    for n, line in enumerate(drawn):
        latitude, longitude = map(float, line.split(","))
        if not (-9 < latitude < -6 and 111 < longitude < 114):
            head.faults.append(f"corner {n} is {line}: latitude first")
    outline.focus()
    head.page.keyboard.press("Control+A")
    head.page.keyboard.type("\n".join((drawn[0], drawn[2], drawn[1])))
    head.page.locator("#area-middle").press("Enter")
    expect(head.page.locator("#area-told")).to_contain_text("4 sudut")
    head.page.locator("#area-undo").press("Enter")
    expect(head.page.locator("#area-told")).to_contain_text("3 sudut")
    for name in ("event", "headline", "description", "area"):
        for language in ("id", "en"):
            head.page.locator(f"#issue [name={name}_{language}]").fill(f"Latihan {name} {language}")
    head.page.locator("#w-reason").fill("latihan bulanan")
    head.picture("peringatan-digambar", whole=True)
    head.page.on("dialog", lambda dialog: dialog.accept())
    head.page.locator("#issue button.danger").click()
    expect(head.page.locator("#now")).to_contain_text("Latihan headline id", timeout=LIVE_MS)
    head.picture("peringatan-terbit")
    head.page.goto(f"{head.url}/map?lang=id")
    expect(head.page.locator("#count-warnings")).to_have_text("1", timeout=DRAWN_MS)
    head.page.wait_for_selector("#map[data-drawn]", timeout=DRAWN_MS)
    head.picture("peta-peringatan")


def handle_tree(browser: Browser, url: str, password: str, photo: str, folder: Path) -> tuple[Desk, str]:
    """See a tree fall, send a crew, be the crew, verify as somebody else; give the room's desk and the number."""
    room = open_desk(browser, url, folder, WALL)
    room.sign_in("sari", password, "/incidents")
    wait_for_the_tree(room)
    name = take_by_keyboard(room)
    send_crew(room)
    crew = open_desk(browser, url, folder, PHONE, "light")
    crew.sign_in("regu", password, "/duty")
    go_there(crew, photo)
    expect(room.page.locator("#incident-head .state")).to_have_text("menunggu verifikasi", timeout=LIVE_MS)
    room.wait_until("[...document.querySelectorAll('#crews img')].every((one) => one.naturalWidth)")
    room.picture("insiden-teratasi")
    head = open_desk(browser, url, folder, PHONE)
    head.sign_in("budi", password, "/incidents")
    verify(head, name)
    expect(room.page.locator("#incident-head .state")).to_have_text("selesai", timeout=LIVE_MS)
    return room, name


def look_around(browser: Browser, room: Desk, name: str, password: str) -> None:
    """Measure the map, and take pictures of everything in both languages."""
    measure_map(room)
    url, folder = room.url, room.folder
    for path, title in (("/incidents", "antrean"), (f"/incidents/{name}", "selesai"), ("/services", "layanan")):
        room.both_languages(path, title)
    boss = open_desk(browser, url, folder, WALL, "light")
    boss.sign_in("admin", password, "/accounts")
    for path, title in (("/accounts", "akun"), ("/audit", "audit"), ("/incidents", "antrean-terang")):
        boss.both_languages(path, title)


def main() -> None:
    url, password, photo, folder, chromium, *parts = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        if "warning" in parts:
            draw_warning(browser, url, password, Path(folder))
        if "tree" in parts:
            room, name = handle_tree(browser, url, password, photo, Path(folder))
            if "map" in parts:
                look_around(browser, room, name, password)
        browser.close()
    print(json.dumps({"faults": Desk.faults, "measured": Desk.measured}))


if __name__ == "__main__":
    main()
