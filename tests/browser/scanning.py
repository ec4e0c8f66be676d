"""A crew's phone without a BarcodeDetector reads labels, from photos and through the camera, without network.

Run by `python -m tests.browser.walk` in a Python that has Playwright:
`python tests/browser/scanning.py URL NAME:PASSWORD LABEL FOLDER CHROMIUM`; pictures of labels lie in FOLDER
(`label_pictures.py`).
"""

import sys
from pathlib import Path

from crew import PHONE, Phone, sign_in
from playwright.sync_api import BrowserContext, Playwright, expect, sync_playwright

NO_DETECTOR = "delete globalThis.BarcodeDetector"
# A detector that knows what the phone's maker would know: then the page must not load a library besides.
DETECTOR = """globalThis.BarcodeDetector = class {
  static async getSupportedFormats() { return ["qr_code"]; }
  async detect() { return [{ rawValue: "%s" }]; }
}"""
READ_MS = 60_000


def open_phone(playwright: Playwright, chromium: str, folder: Path, script: str) -> BrowserContext:
    camera = [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={folder / 'camera.mjpeg'}",
    ]
    browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", *camera])
    context = browser.new_context(viewport=PHONE, locale="id-ID", permissions=["camera"])
    context.add_init_script(script)
    return context


def want_refused(phone: Phone, photo: Path, words: str) -> None:
    phone.page.set_input_files("#label-photo", photo)
    expect(phone.page.locator("#begin-told")).to_contain_text(words, timeout=READ_MS)


def want_begun(phone: Phone, label: str) -> None:
    """Want a visit with the label as it is printed, then go back to where visits begin."""
    expect(phone.page.locator("#label")).to_have_value(label, timeout=READ_MS)
    phone.page.goto(f"{phone.url}/crew/")
    expect(phone.page.locator("#scan")).to_be_visible()


def note_threads(phone: Phone) -> list[str]:
    """Note what the page starts in threads of its own: nothing but jsQR's."""
    threads: list[str] = []
    phone.page.on("worker", lambda worker: threads.append(worker.url))
    return threads


def read_without_network(phone: Phone, label: str, folder: Path) -> None:
    threads = note_threads(phone)
    phone.context.set_offline(True)
    want_refused(phone, folder / "wall.jpg", "Tidak ada kode terbaca")
    want_refused(phone, folder / "foreign.jpg", "milik malang")
    for name in ("label", "inverted"):
        phone.page.set_input_files("#label-photo", folder / f"{name}.jpg")
        want_begun(phone, label)
    phone.page.click("#scan")
    want_begun(phone, label)
    phone.context.set_offline(False)
    assert threads == [f"{phone.url}/crew/code_thread.js"] * 5, threads


def read_with_the_phones_own(phone: Phone, label: str, folder: Path) -> None:
    threads = note_threads(phone)
    phone.page.set_input_files("#label-photo", folder / "wall.jpg")
    want_begun(phone, label)
    assert not threads, threads


def want_photo_only(phone: Phone) -> None:
    """Where there is no camera, the page says what to do instead, in both languages."""
    phone.context.add_init_script("Object.defineProperty(Navigator.prototype, 'mediaDevices', { value: undefined })")
    for language, words in (("id", "baca label dari foto"), ("en", "read the label from a photo")):
        phone.open(f"/crew/?lang={language}")
        expect(phone.page.locator("#content")).to_contain_text(words)
        expect(phone.page.locator("#label-photo")).to_be_attached()
        expect(phone.page.locator("#scan")).to_have_count(0)


def main() -> None:
    url, who, label, pictures, chromium = sys.argv[1:]
    folder = Path(pictures)
    faults: list[str] = []
    with sync_playwright() as playwright:
        phone = Phone(open_phone(playwright, chromium, folder, NO_DETECTOR), url, folder)
        sign_in(phone, who)
        read_without_network(phone, label, folder)
        want_photo_only(phone)
        faults += phone.faults
        phone = Phone(open_phone(playwright, chromium, folder, DETECTOR % label), url, folder)
        sign_in(phone, who)
        read_with_the_phones_own(phone, label, folder)
        faults += phone.faults
    print("\n".join(faults))
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
