"""Real screenshots for the README: the training view in both themes, and the report of that session.

    python tests/browser/dash_pictures.py host/docs

Needs Chromium and playwright. A simulated wearer trains in real time; it takes about a minute.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import which
from typing import Any

RIG = Path(__file__).with_name("dash_rig.py")
# The third repetition rounds the back: then the figure shows what it is for.
BENT_DEG, WAIT_S = 13.0, 60.0
SIZE = {"width": 1440, "height": 900}


def main(folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    browser = which("chromium") or which("google-chrome")
    if browser is None:
        raise SystemExit("no Chromium on this computer")
    with tempfile.TemporaryDirectory() as sessions, sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        command = [sys.executable, str(RIG), "--out", sessions]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = next(line.split()[1] for line in process.stdout if line.startswith("READY"))
            try:
                take(running, url, folder)
            finally:
                process.terminate()
        running.close()


def take(browser: Any, url: str, folder: Path) -> None:
    pages = {theme: browser.new_context(viewport=SIZE, color_scheme=theme).new_page() for theme in ("light", "dark")}
    for page in pages.values():
        page.goto(f"{url}/train")
        page.wait_for_selector(".dowel")
    until_s = time.monotonic() + WAIT_S
    words = pages["light"].locator(".angles-now")
    while time.monotonic() < until_s and lumbar_deg(words.text_content() or "") < BENT_DEG:
        time.sleep(0.1)
    for theme, page in pages.items():
        page.screenshot(path=folder / f"dashboard-{theme}.png")
    pages["light"].wait_for_function("() => document.querySelectorAll('.rep').length >= 5", timeout=60_000)
    pages["light"].goto(f"{url}/finish")
    pages["light"].get_by_role("button", name="End the session").click()
    pages["light"].get_by_role("link", name="Report").wait_for()
    pages["light"].goto(f"{url}/files/1/report.html", timeout=60_000)
    pages["light"].screenshot(path=folder / "report.png")


def lumbar_deg(words: str) -> float:
    """Out of "Hip hinge 48 degrees, lower back 3 degrees."."""
    parts = words.partition("lower back ")[2].split()
    return float(parts[0]) if parts else 0.0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]))
