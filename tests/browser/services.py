"""The console's pages of a service in a real browser: a table by keyboard alone, and one that is dragged onto the form.

Run by `python -m tests.browser.services_walk`, which makes the room for it, in a Python that has Playwright:
`python tests/browser/services.py URL PASSWORD MODULE FOLDER CHROMIUM`; prints what was wrong, as JSON.
"""

import json
import sys
from pathlib import Path

from console import ARGUMENTS, PHONE, WALL, Desk, open_desk
from playwright.sync_api import expect, sync_playwright

TITLES = "Triwulan;Kecamatan;KPM"
FIRST = f"{TITLES}\nTW 3 2025;Bangil;1.204\nTW 3 2025;Pandaan;88\n"
SECOND = f"{TITLES}\nTW 3 2025;Bangil;1.300\nTW 3 2025;Pandaan;3\nTW 3 2025;Atlantis;9\n"
WAIT_MS = 20_000
DROP = """([text]) => {
    const carried = new DataTransfer();
    carried.items.add(new File([text], "bansos.csv", {type: "text/csv"}));
    for (const name of ["dragenter", "dragover", "drop"])
        document.getElementById("drop").dispatchEvent(
            new DragEvent(name, {dataTransfer: carried, bubbles: true, cancelable: true}));
}"""


def tab_to(desk: Desk, selector: str) -> None:
    """Press the tabulator until something has the focus, and see that it shows."""
    for _ in range(60):
        if desk.page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            outline = desk.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            if outline == "none":
                desk.faults.append(f"{selector}: its focus does not show")
            return
        desk.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by the keyboard")


def upload_by_keyboard(desk: Desk, module: str) -> None:
    """Choose a table, look at what will change, confirm it: without a pointer."""
    desk.page.goto(f"{desk.url}/services/{module}/upload")
    tab_to(desk, "#table")
    with desk.page.expect_file_chooser() as chooser:
        desk.page.keyboard.press("Space")
    chooser.value.set_files({"name": "bansos.csv", "mimeType": "text/csv", "buffer": FIRST.encode()})
    desk.picture("unggah")
    tab_to(desk, "#upload button")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("#draft")).to_be_visible(timeout=WAIT_MS)
    expect(desk.page.locator("#draft")).to_contain_text("1.204")
    desk.picture("yang-akan-berubah")
    tab_to(desk, "#draft form[action$='/confirm'] button")
    desk.page.keyboard.press("Enter")
    expect(desk.page.locator("[role=status]").first).to_contain_text("2 angka berubah", timeout=WAIT_MS)


def upload_by_dragging(desk: Desk, module: str) -> None:
    """Drag a table onto the form; it is sent at once, and nothing is changed before it is confirmed."""
    desk.page.goto(f"{desk.url}/services/{module}/upload")
    desk.page.evaluate(DROP, [SECOND])
    expect(desk.page.locator("#draft")).to_be_visible(timeout=WAIT_MS)
    expect(desk.page.locator("#draft")).to_contain_text("1.204 →")
    desk.picture("koreksi")
    desk.page.locator("#draft form[action$='/confirm'] button").click()
    expect(desk.page.locator("#corrections")).to_contain_text("1.204 →", timeout=WAIT_MS)


def main() -> None:
    url, password, module, folder, chromium = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        desk = open_desk(browser, url, Path(folder), WALL)
        desk.sign_in("dinsos", password, "/services")
        upload_by_keyboard(desk, module)
        upload_by_dragging(desk, module)
        for path, name in ((f"/services/{module}", "layanan"), ("/services", "layanan-semua")):
            desk.both_languages(path, name)
        phone = open_desk(browser, url, Path(folder), PHONE, "light")
        phone.sign_in("dinsos", password, f"/services/{module}")
        phone.picture("layanan-telepon", whole=True)
        browser.close()
    print(json.dumps({"faults": Desk.faults}))


if __name__ == "__main__":
    main()
