"""Make every drawing, picture and file of this folder from its text sources, or check that they are current.

python hardware/make.py             wiring drawings, tables, sheets, expected readings   (needs: wireviz, Graphviz)
python hardware/make.py --cad       also the printed parts and their pictures            (needs: extra `hardware`)
python hardware/make.py --check     changes nothing; exit code 1 where something is not current
python hardware/make.py --pdf F     the wearer's sheet as a PDF of one A4 page           (needs: Chromium)
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from hiphinge_hardware import drawings, meter, readme, sheet
from hiphinge_hardware.figures import HARDWARE


def made() -> dict[Path, str]:
    """Every text file that is made from others."""
    return {
        HARDWARE / "README.md": readme.filled(),
        HARDWARE / "wearer-sheet.html": sheet.page(),
        meter.TARGET: meter.text(),
    }


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cad", action="store_true", help="also the printed parts and their pictures")
    parser.add_argument("--check", action="store_true", help="change nothing, say what is not current")
    parser.add_argument("--pdf", type=Path, help="write the wearer's sheet as a PDF")
    arguments = parser.parse_args()

    texts = made()
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    stale += drawings.stale()
    if arguments.check:
        for path in stale:
            print(f"not current: {path.relative_to(HARDWARE.parent)}", file=sys.stderr)
        return 1 if stale else 0

    if arguments.cad:
        from hiphinge_hardware import inputs
        from hiphinge_hardware.cad import build, pictures

        build.build()
        inputs.note_pictures(pictures.all_pictures(HARDWARE / "pictures"))
        # Tables quote what was built.
        texts = made()
    drawings.draw()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    if arguments.pdf:
        sheet.print_pdf(arguments.pdf)
    return 0


if __name__ == "__main__":
    sys.exit(main())
