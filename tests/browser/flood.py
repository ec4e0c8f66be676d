"""The flood day in a real browser: the head of shift reads the rivers, what the siren answered, what is in force.

Run by tests/system/test_flood_day.py, in a Python that has Playwright: `python flood.py URL NAME PASSWORD FOLDER
CHROMIUM`. Prints the faults it saw, as JSON.
"""

import json
import re
import sys
from pathlib import Path

from console import ARGUMENTS, LIVE_MS, WALL, open_desk
from playwright.sync_api import expect, sync_playwright


def main() -> None:
    url, name, password, folder, chromium = sys.argv[1:6]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        head = open_desk(browser, url, Path(folder), WALL)
        head.sign_in(name, password, "/early-warning")
        now = head.page.locator("#now")
        expect(now).to_contain_text(re.compile("Siaga I+:"), timeout=LIVE_MS)
        expect(now).to_contain_text("Kali Welang akan meluap di Kraton")
        expect(now).to_contain_text("BMKG")
        expect(now.locator("li", has_text="air datang dari hulu")).to_contain_text("terbukti")
        head.picture("early-warning", whole=True)
        head.page.goto(f"{url}/incidents")
        expect(head.page.locator("main")).to_contain_text("Sungai mencapai siaga")
        head.picture("incidents")
        head.page.goto(f"{url}/map")
        head.wait_until("document.getElementById('map').dataset.drawn === 'yes'", 60)
        head.picture("map")
        browser.close()
    print(json.dumps(head.faults))


if __name__ == "__main__":
    main()
