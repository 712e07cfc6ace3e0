"""The wearer's sheet: one A4 page of HTML with its drawings inside, from the same figures."""

import shutil
import string
import subprocess
import tempfile
from pathlib import Path

from hiphinge_hardware import figures, power

# Connection state, seconds of a period, of them lit, and what it means; a test holds it to the firmware.
LIGHT = (
    (0, 4.0, 0.05, "waiting"),
    (1, 1.0, 0.05, "joined, not yet allowed"),
    (2, 2.0, 0.1, "ready"),
    (3, 1.0, 0.5, "started"),
    (4, 2.0, 1.0, "recording, the link is lost: it keeps everything"),
    (5, 3.0, 1.5, "recording"),
)

TEMPLATE = Path(__file__).with_name("sheet-template.html")


def _light() -> str:
    rows: list[str] = []
    for _, period_s, lit_s, meaning in LIGHT:
        seen = f"{lit_s:g} s on, {period_s - lit_s:g} s off" if lit_s >= 0.5 else f"a blink every {period_s:g} s"
        rows.append(f"<tr><td>{seen}</td><td>{meaning}</td></tr>")
    return "".join(rows)


def page() -> str:
    """The sheet as HTML."""
    f = figures.load()
    hours = power.runtime_h(500, f["battery.usable"].value, max(s.total_ma for s in power.states(f)))
    charge_h = 1.3 * f["battery.capacity_mah"].value / f["controller.charge_ma"].value
    spine = "".join(f'<rect x="78" y="{y}" width="8" height="5" rx="1.6"/>' for y in range(14, 178, 8))
    template = string.Template(TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(spine=spine, light=_light(), hours=f"{hours:.0f}", charge=f"{charge_h:.0f}")


def print_pdf(path: Path) -> None:
    """Print the sheet with Chromium."""
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if browser is None:
        raise RuntimeError("no Chromium here: open hardware/wearer-sheet.html in a browser and print it on A4")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "sheet.html")
        source.write_text(page(), encoding="utf-8")
        subprocess.run(
            [
                browser,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-pdf-header-footer",
                f"--print-to-pdf={path}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
