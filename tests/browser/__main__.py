"""The pages in a real browser, against a stack that runs: `python -m tests.browser URL TOKEN_FILE FOLDER [CHROMIUM]`.

Looks at every page in both languages on a telephone, a desk and a wall, writes a picture of each into FOLDER, and asks
for a lease at one junction by a double click. Wants no error in the console, nothing from elsewhere, nothing wider
than the screen, a live view that moves, a clip that plays, one lease, a refusal in the language that was chosen, and
the lease withdrawn.

Not among the tests that `make test` runs: it needs Playwright and a Chromium, some 400 MB that nothing else uses.
`python -m venv /tmp/browser && /tmp/browser/bin/pip install playwright`, a distribution's `chromium`, then run it with
that Python from the top of the repository. It changes signals: never point it at a real regency.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect, sync_playwright

SIZES = {"telephone": (360, 760), "desk": (1280, 800), "wall": (3840, 2160)}
SITE = "TD-01"
CAMERA = "TD-01.cam-1"
PATHS = {
    "values": "/",
    "junctions": "/junctions",
    "junction": f"/junctions#{SITE}",
    "cameras": "/cameras",
    "camera": f"/cameras#{CAMERA}",
}
CONFIRMED_MS, REVERTED_MS = 15_000, 240_000  # a lease ends with its cycle, and a transition may take two more
REFUSED = {"id": f"Simpang {SITE} sedang dipegang", "en": f"Junction {SITE} is held"}


class Visit:
    """Opens pages and remembers what was wrong with them.

    Args:
        browser: to open them in.
        url: root of the API.
        token: an operator's or an administrator's.
    """

    def __init__(self, browser: Browser, url: str, token: str) -> None:
        self._browser = browser
        self._url = url.rstrip("/")
        self._token = token
        self.faults: list[str] = []

    def open(self, path: str, language: str, size: tuple[int, int], *, dark: bool = False) -> Page:
        context = self._browser.new_context(
            viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light"
        )
        context.add_init_script(f"sessionStorage.setItem('token', '{self._token}')")
        page = context.new_page()
        page.on("console", lambda line: self.faults.append(f"{path}: {line.text}") if line.type == "error" else None)
        page.on("pageerror", lambda error: self.faults.append(f"{path}: {error}"))
        page.on("request", lambda request: self._judge(path, request.url))
        place, _, code = path.partition("#")
        page.goto(f"{self._url}{place}?lang={language}" + (f"#{code}" if code else ""))
        expect(page.locator("#state")).to_contain_text("Langsung" if language == "id" else "Live", timeout=15_000)
        return page

    def _judge(self, path: str, asked: str) -> None:
        asked = asked.removeprefix("blob:")  # pictures and clips are objects of the tab
        if urlsplit(asked).netloc != urlsplit(self._url).netloc:
            self.faults.append(f"{path}: asks {asked}")


def look_at_all(visit: Visit, folder: Path) -> None:
    """Look at every page in every language and size."""
    for name, path in PATHS.items():
        for language in ("id", "en"):
            for size, figures in SIZES.items():
                page = visit.open(path, language, figures, dark=size == "wall")
                page.wait_for_timeout(1_500)
                page.screenshot(path=folder / f"{name}-{language}-{size}.png", full_page=True)
                width = page.evaluate("document.documentElement.scrollWidth")
                if width > figures[0]:
                    visit.faults.append(f"{name} in {language} is {width} px wide on a {size} of {figures[0]}")
                page.context.close()


def lease_once(visit: Visit, folder: Path) -> None:
    """Ask by a double click, be refused a second one, withdraw."""
    for language in ("id", "en"):
        page = visit.open(PATHS["junction"], language, SIZES["desk"])
        leases = page.locator(".history details")
        before = leases.count()
        _ask(page)
        expect(page.locator(".lease .way .current")).to_be_visible(timeout=CONFIRMED_MS)
        expect(leases).to_have_count(min(before + 1, 20))
        page.screenshot(path=folder / f"lease-{language}.png", full_page=True)
        told = len(visit.faults)
        _ask(page)
        expect(page.locator(".told .bad")).to_contain_text(REFUSED[language], timeout=CONFIRMED_MS)
        del visit.faults[told:]  # the browser writes a refused request into its console
        page.screenshot(path=folder / f"refused-{language}.png", full_page=True)
        page.locator(".lease button").click()
        page.locator("dialog button.strong").click()  # without a reason it stays
        page.locator("#why-withdrawn").fill("uji coba selesai / trial over")
        page.screenshot(path=folder / f"withdraw-{language}.png")
        page.locator("dialog button.strong").click()
        expect(page.locator(".lease button")).to_have_count(0, timeout=REVERTED_MS)
        page.screenshot(path=folder / f"withdrawn-{language}.png", full_page=True)
        page.context.close()


def look_live_and_ask_for_a_clip(visit: Visit, folder: Path) -> None:
    """See a camera live until it moves, then ask for a clip and play it."""
    page = visit.open(PATHS["camera"], "id", SIZES["desk"])
    page.locator("#live-reason").fill("uji coba")
    page.locator(".live-form button").click()
    expect(page.locator("img.live")).to_be_visible(timeout=CONFIRMED_MS)
    first = page.locator("img.live").get_attribute("src")
    expect(page.locator("img.live")).not_to_have_attribute("src", first or "", timeout=CONFIRMED_MS)
    page.screenshot(path=folder / "camera-live.png", full_page=True)
    page.locator("#seconds").fill("10")
    page.locator("#clip-reason").fill("uji coba")
    page.locator(".clip-form button").dblclick()
    row = page.locator(".clip-row").first
    expect(row).to_contain_text("selesai", timeout=60_000)
    row.locator("button").click()
    expect(page.locator("dialog video")).to_be_visible(timeout=CONFIRMED_MS)
    page.wait_for_timeout(1_500)
    if not page.evaluate("document.querySelector('dialog video').videoWidth"):
        visit.faults.append("the clip does not play")
    page.screenshot(path=folder / "camera-clip.png")
    page.context.close()


def _ask(page: Page) -> None:
    page.locator("#phase").select_option("2")
    page.locator("#extra").fill("5")
    page.locator("#reason").fill("uji coba / trial")
    page.locator(".lease-form button").click()
    page.locator("dialog button.strong").dblclick()


def main() -> None:
    """Look, ask, and tell what was wrong."""
    url, token_file, folder, *chromium = sys.argv[1:]
    pictures = Path(folder)
    pictures.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium[0] if chromium else "/usr/bin/chromium", args=["--no-sandbox"]
        )
        visit = Visit(browser, url, Path(token_file).read_text(encoding="utf-8").strip())
        look_at_all(visit, pictures)
        look_live_and_ask_for_a_clip(visit, pictures)
        lease_once(visit, pictures)
    print("\n".join(visit.faults) or f"no fault; pictures in {pictures}")
    sys.exit(bool(visit.faults))


if __name__ == "__main__":
    main()
