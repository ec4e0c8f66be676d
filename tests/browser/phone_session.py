"""A crew's phone whose session ends while it has no network: nothing typed is lost, nothing goes in another's name.

Run by `python -m tests.browser.session_walk`, which makes the room for it, in a Python that has Playwright:
`python tests/browser/phone_session.py URL PASSWORD FOLDER CHROMIUM`. Prints what was wrong, as JSON.
"""

import json
import sys
from pathlib import Path
from typing import Any

from console import ARGUMENTS, Desk, open_desk
from playwright.sync_api import APIRequestContext, Browser, expect, sync_playwright

SMALL = {"width": 320, "height": 700}
LABEL = "SL1:pasuruan:TD-01-a:ABCDE12345"
NOTE = "Kabel sirene putus di tiang kedua."
SOON_MS = 30_000


class Office:
    """The administrator, over the API.

    Args:
        request: of a browser of his own.
        url: of the API.
    """

    def __init__(self, request: APIRequestContext, url: str, password: str) -> None:
        self.request, self.url = request, url
        me = request.post(f"{url}/v1/session", data={"name": "admin", "password": password}).json()
        self.headers = {"Origin": url, "X-CSRF-Token": me["csrf"]}

    def end_sessions(self, name: str) -> None:
        answer = self.request.delete(f"{self.url}/v1/accounts/{name}/sessions", headers=self.headers)
        assert answer.ok, answer.text()

    def get(self, path: str) -> Any:
        return self.request.get(f"{self.url}{path}").json()


def enter(phone: Desk, name: str, password: str) -> None:
    phone.page.fill("#name", name)
    phone.page.fill("#password", password)
    phone.page.click("#enter")
    expect(phone.page.locator("#enter")).to_have_count(0)
    expect(phone.page.locator("#leave")).to_be_visible()


def commission(phone: Desk, office: Office, password: str) -> None:
    """Begin at a box, lose network and session, hand the phone to another crew, and come back."""
    page = phone.page
    page.goto(f"{phone.url}/crew/")
    phone.picture("kru-masuk", whole=True)
    enter(phone, "regu", password)
    page.wait_for_function("navigator.serviceWorker.controller !== null")
    phone.picture("kru-mulai", whole=True)
    page.fill("#code", LABEL)
    page.click("#go")
    phone.context.set_offline(True)
    page.fill("#place", "-7.66, 112.69")
    page.click("#put-place")
    page.fill("#note", NOTE)
    expect(page.locator("#line")).to_have_attribute("data-waiting", "1")
    office.end_sessions("regu")
    phone.context.set_offline(False)
    expect(page.locator("#line")).to_contain_text("Masuk dulu", timeout=SOON_MS)
    expect(page.locator("#note")).to_have_value(NOTE)
    phone.picture("kru-sesi-berakhir", whole=True)
    page.click("#line a")
    enter(phone, "regu-lain", password)
    expect(page.locator("#line")).to_contain_text("milik akun lain", timeout=SOON_MS)
    if office.get("/v1/crew/visits")["items"]:
        phone.faults.append("a piece went in another's name")
    page.once("dialog", lambda dialog: dialog.accept())
    page.click("#leave")
    expect(page.locator("#enter")).to_be_visible()
    enter(phone, "regu", password)
    page.click("button.visit")
    expect(page.locator("#note")).to_have_value(NOTE)
    expect(page.locator("#line")).to_have_attribute("data-waiting", "0", timeout=SOON_MS)
    visits = office.get("/v1/crew/visits")["items"]
    pieces = office.get(f"/v1/crew/visits/{visits[0]['id']}")["pieces"]
    positions = [one for one in pieces if one["kind"] == "position"]
    if len(positions) != 1 or any(one["account"] != "regu" for one in pieces):
        phone.faults.append(f"not sent once in its own name: {pieces}")


def go_on_duty(phone: Desk, office: Office, password: str) -> None:
    """Accept an order, lose the session, go on, and sign in when there is a hand free."""
    page = phone.page
    page.click("#duty")
    page.wait_for_url(f"{phone.url}/duty")
    page.get_by_role("button", name="Terima").click()
    expect(page.get_by_role("button", name="Berangkat")).to_be_enabled(timeout=SOON_MS)
    phone.picture("tugas", whole=True)
    office.end_sessions("regu")
    page.get_by_role("button", name="Berangkat").click()
    expect(page.locator("#signed-out")).to_be_visible(timeout=SOON_MS)
    expect(page.get_by_role("button", name="Tiba")).to_be_visible()
    page.get_by_role("button", name="Tiba").click()
    page.locator("[data-text]").fill(NOTE)
    phone.picture("tugas-sesi-berakhir", whole=True)
    page.click("#signed-out a")
    page.fill("#name", "regu")
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{phone.url}/duty")
    expect(page.locator("#outbox")).to_be_hidden(timeout=SOON_MS)
    expect(page.locator("[data-text]")).to_have_value(NOTE)
    log = office.get("/v1/incidents/INS-0001")["log"]
    if [entry["action"] for entry in log].count("arrived") != 1:
        phone.faults.append(f"not said once: {log}")


def look(browser: Browser, url: str, folder: Path, password: str) -> None:
    """Look at the pages of access on the narrowest phone, in both languages and schemes."""
    for scheme in ("dark", "light"):
        boss = open_desk(browser, url, folder, SMALL, scheme)
        boss.sign_in("admin", password, "/accounts")
        for path, name in (("/accounts", "akun"), ("/audit", "audit"), ("/sessions", "sesi"), ("/password", "sandi")):
            boss.both_languages(path, f"{name}-{scheme}")
            want_readable(boss, name)
    boss.page.goto(f"{url}/accounts")
    lock_by_keyboard(boss)


def want_readable(boss: Desk, name: str) -> None:
    """Want no word in a column of single letters, and no table that must be pushed aside."""
    narrow = boss.page.evaluate(
        "[...document.querySelectorAll('main summary > *, main td')].filter((one) => one.textContent.trim().length > 3"
        " && one.getBoundingClientRect().width > 0 && one.getBoundingClientRect().width < 30).length"
    )
    aside = boss.page.evaluate(
        "[...document.querySelectorAll('.roll')].some((one) => one.scrollWidth > one.clientWidth)"
    )
    if narrow or aside:
        boss.faults.append(f"{name}: {narrow} cells too narrow to be read, pushed aside: {aside}")


def lock_by_keyboard(boss: Desk) -> None:
    """Open an account and lock it without a mouse."""
    summary = boss.page.locator("summary", has_text="regu-lain")
    for _ in range(60):
        boss.page.keyboard.press("Tab")
        if summary.evaluate("(one) => one === document.activeElement"):
            break
    else:
        boss.faults.append("an account cannot be reached by the keyboard")
    boss.page.keyboard.press("Enter")
    boss.picture("akun-dibuka", whole=True)
    lock = boss.page.locator("details[open] button", has_text="Kunci")
    for _ in range(40):
        boss.page.keyboard.press("Tab")
        if lock.evaluate("(one) => one === document.activeElement"):
            break
    boss.page.keyboard.press("Enter")
    expect(boss.page.locator("summary", has_text="regu-lain")).to_contain_text("terkunci")


def main() -> None:
    url, password, folder, chromium = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        office = Office(browser.new_context().request, url, password)
        phone = open_desk(browser, url, Path(folder), {"width": 360, "height": 760}, "light")
        try:
            commission(phone, office, password)
            go_on_duty(phone, office, password)
        except Exception:  # whatever it was, it is seen
            phone.picture("gangguan", whole=True)
            raise
        look(browser, url, Path(folder), password)
        browser.close()
    print(json.dumps({"faults": Desk.faults}))


if __name__ == "__main__":
    main()
