"""A crew's phone: from the label to the report, with the network cut half-way and the phone switched off meanwhile.

Run by `python -m tests.browser.walk`, which makes the regency for it, in a Python that has Playwright:
`python tests/browser/crew.py URL NAME:PASSWORD LABEL PHOTO FOLDER CHROMIUM`. Prints what was typed, as JSON.
"""

import json
import re
import sys
from pathlib import Path

from playwright.sync_api import BrowserContext, Dialog, Page, Route, expect, sync_playwright

PHONE = {"width": 390, "height": 844}
HARDWARE = "100000003d1e5f7a"
NOTE = "Kabel sirene diganti; kunci kabinet di pos jaga."
PLACE = {"latitude": -7.6603, "longitude": 112.8502, "accuracy": 7}
OFFLINE_PIECES = 6
# A browser without a window has no place for a page of its own.
NO_MATTER = {"in-incognito"}
SENT_MS, MEASURED_MS = 60_000, 90_000


class Phone:
    """A browser of a phone's size that remembers what was wrong."""

    def __init__(self, context: BrowserContext, url: str, folder: Path) -> None:
        self.context = context
        self.url = url
        self.faults: list[str] = []
        self._folder = folder
        self._number = 0
        self.page = self.open("/crew/")

    def open(self, path: str) -> Page:
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.goto(self.url + path)
        return self.page

    def picture(self, name: str, *, whole: bool = False) -> None:
        self._number += 1
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        if wide > PHONE["width"]:
            self.faults.append(f"{name}: {wide} px wide")
        if whole:  # a header that stays in sight would stand in the middle of it
            self.page.evaluate("document.querySelector('header').style.position = 'static'")
        self.page.screenshot(path=self._folder / f"{self._number}-{name}.png", full_page=whole)

    def wait_waiting(self, count: int, timeout_ms: float = SENT_MS) -> None:
        expect(self.page.locator("#line")).to_have_attribute("data-waiting", str(count), timeout=timeout_ms)


def sign_in(phone: Phone, who: str) -> None:
    expect(phone.page.locator("#name")).to_be_visible()
    phone.picture("masuk")
    name, password = who.split(":")
    phone.page.fill("#name", name)
    phone.page.fill("#password", "salah sekali")
    phone.page.click("#enter")
    expect(phone.page.locator("[role=alert]").last).to_contain_text("salah")
    phone.page.fill("#password", password)
    phone.page.click("#enter")
    expect(phone.page.locator("#box")).to_be_visible()
    phone.page.wait_for_function("navigator.serviceWorker.controller !== null")
    want_installable(phone)


def want_installable(phone: Phone) -> None:
    """Ask the browser itself whether it would offer to install the page."""
    said = phone.context.new_cdp_session(phone.page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    phone.faults += [f"not installable: {one['errorId']}" for one in said if one["errorId"] not in NO_MATTER]


def begin_visit(phone: Phone, label: str) -> str:
    """Refuse a strange label, then take ours as it is printed; give the visit's address."""
    page = phone.page
    page.fill("#code", "SL1:malang:TD-01-a:ABCDE12345")
    page.click("#go")
    expect(page.locator("#begin-told")).to_contain_text("milik malang")
    _, _, box, code = label.split(":")
    page.fill("#box", box)
    page.fill("#code", f"{code[:5]}-{code[5:]}".lower())
    phone.picture("mulai")
    page.click("#go")
    expect(page.locator("#hardware")).to_be_visible()
    assert page.input_value("#label") == label, page.input_value("#label")
    return f"/crew/{page.evaluate('location.hash')}"


def work_offline(phone: Phone, photo: str) -> None:
    """Do everything without network, then lose the phone in the middle of a sentence."""
    page = phone.page
    page.fill("#hardware", HARDWARE)
    phone.context.set_offline(True)
    page.click("#claim")
    page.click("#here")
    page.set_input_files("#photo", photo)
    page.click("button.yes")
    page.click("#measure")
    phone.wait_waiting(OFFLINE_PIECES - 1)
    page.fill("#place", "-7,6604; 112,8503")
    page.click("#put-place")
    phone.wait_waiting(OFFLINE_PIECES)
    page.locator("#note").press_sequentially(NOTE)
    phone.picture("tanpa-jaringan")
    page.close(run_before_unload=False)


def come_back(phone: Phone, visit: str) -> None:
    """Switch the phone on again, still without network: everything is there."""
    page = phone.open(visit)
    expect(page.locator("#note")).to_have_value(NOTE)
    assert page.input_value("#hardware") == HARDWARE
    # A page that is closed may still have made a piece of the note; at the end there is one note all the same.
    waiting = re.compile(f"^({OFFLINE_PIECES}|{OFFLINE_PIECES + 1})$")
    expect(page.locator("#line")).to_have_attribute("data-waiting", waiting, timeout=SENT_MS)
    expect(page.locator(".photos img")).to_have_count(1)


def lose_answers(context: BrowserContext, count: int) -> list[str]:
    """Let the API have the next pieces and the phone not hear of it, as when a line breaks at the wrong moment."""
    lost: list[str] = []

    def pass_on(route: Route) -> None:
        if len(lost) < count:
            lost.append(str(route.fetch().status))
            route.abort()
        else:
            route.continue_()

    context.route("**/v1/crew/visits/*/pieces", pass_on)
    return lost


def finish(phone: Phone, folder: Path) -> None:
    page = phone.page
    lost = lose_answers(phone.context, 2)
    phone.context.set_offline(False)
    phone.wait_waiting(0)
    assert lost == ["200", "200"], lost
    expect(page.locator("#content [data-passed]")).to_be_visible(timeout=MEASURED_MS)
    page.click("#leave-box")
    expect(page.locator("#content")).to_contain_text("Kunjungan selesai")
    expect(page.locator("#content")).not_to_contain_text("menunggu dikirim", timeout=SENT_MS)
    phone.wait_waiting(0)
    phone.picture("selesai", whole=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="Unduh laporan").click()
    download.value.save_as(folder / "report.json")


def look_again(phone: Phone, visit: str) -> None:
    phone.open(visit.replace("/crew/", "/crew/?lang=en"))
    expect(phone.page.locator("#content")).to_contain_text("The visit is finished")
    expect(phone.page.locator("#content [data-passed]")).to_contain_text("Line to the centre", timeout=MEASURED_MS)
    phone.page.wait_for_function("document.querySelector('.photos img').naturalWidth > 0")
    english = phone.page
    phone.open("/crew/")
    expect(phone.page.locator("#content")).to_contain_text("Kunjungan di telepon ini")
    phone.picture("kunjungan")
    phone.page, here = english, phone.page
    phone.picture("english", whole=True)
    phone.page = here


def hand_the_phone_over(phone: Phone) -> None:
    """Sign out while something waits: the phone asks first, and goes on when told not to."""
    phone.context.set_offline(True)
    phone.page.locator("button.visit").first.click()
    phone.page.fill("#place", "-7.66, 112.85")
    phone.page.click("#put-place")
    phone.wait_waiting(1)
    phone.page.goto(f"{phone.url}/crew/")
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:  # at once: a click may wait for what it brought up
        asked.append(dialog.message)
        dialog.dismiss()

    phone.page.once("dialog", stay)
    with phone.page.expect_event("dialog"):
        phone.page.click("#leave")
    assert "1 hal belum terkirim" in asked[0], asked
    expect(phone.page.locator("#box")).to_be_visible()
    phone.context.set_offline(False)
    phone.wait_waiting(0)


def main() -> None:
    url, who, label, photo, folder, chromium = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            viewport=PHONE, locale="id-ID", geolocation=PLACE, permissions=["geolocation"], accept_downloads=True
        )
        phone = Phone(context, url, Path(folder))
        sign_in(phone, who)
        visit = begin_visit(phone, label)
        work_offline(phone, photo)
        come_back(phone, visit)
        finish(phone, Path(folder))
        look_again(phone, visit)
        hand_the_phone_over(phone)
        browser.close()
    print(json.dumps({"visit": visit.partition("v=")[2], "hardware": HARDWARE, "note": NOTE, "faults": phone.faults}))
    sys.exit(bool(phone.faults))


if __name__ == "__main__":
    main()
