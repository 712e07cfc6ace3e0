"""Short names for what only the firmware sees: the program stays the same, and outsiders find what they look for."""

import ast
import re
import subprocess
import sys
from pathlib import Path

from hiphinge.device.folding import fold
from hiphinge.device.naming import shorten
from hiphinge.device.sources import find_sources

PROGRAM = {
    "main.py": (
        "import struct\n"
        "from pack.shapes import Square as Box\n"
        "from pack import shapes\n"
        "def main(seen):\n"
        "    box = Box(3, 'left_edge')\n"
        "    box.tilted_by = 4\n"
        "    seen.append((box.area_mm2(), box.tilted_by, getattr(box, 'left_edge'), shapes.count_all()))\n"
        "    seen.append(struct.pack('<H', box.area_mm2(scaled=2)))\n"
        "    seen.append([one.area_mm2() for one in shapes.everything])\n"
    ),
    "pack/__init__.py": "",
    "pack/shapes.py": (
        "everything = []\n"
        "class Shape:\n"
        "    def __init__(self, edge_name):\n"
        "        self.tilted_by = 0\n"
        "        setattr(self, edge_name, 7)\n"
        "        everything.append(self)\n"
        "    def area_mm2(self, scaled=1):\n"
        "        return scaled * self._inner_area()\n"
        "class Square(Shape):\n"
        "    def __init__(self, side_mm, edge_name):\n"
        "        super().__init__(edge_name)\n"
        "        self._side_mm = side_mm\n"
        "    def _inner_area(self):\n"
        "        inner = [self._side_mm for _ in range(self._side_mm)]\n"
        "        return sum(inner)\n"
        "def count_all():\n"
        "    return len(everything)\n"
    ),
}


def run(files: dict[str, str], folder: Path) -> str:
    for place, text in files.items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_text(text)
    code = "import main; seen = []; main.main(seen); print(seen)"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_program_does_the_same(tmp_path: Path):
    short, names = shorten(PROGRAM)
    assert {"area_mm2", "_inner_area", "_side_mm", "everything", "count_all", "Square", "tilted_by"} <= set(names)
    assert run(PROGRAM, tmp_path / "long") == run(short, tmp_path / "short")


def test_what_others_name_stays():
    short, names = shorten(PROGRAM)
    # The launcher's entry, a text, a keyword, a module, an attribute of another module.
    for kept in ("main", "left_edge", "scaled", "shapes", "pack", "append"):
        assert kept not in names
        assert re.search(rf"\b{kept}\b", "".join(short.values()))


def test_names_that_meet_differ_and_others_share():
    _, names = shorten(PROGRAM)
    # All of one object.
    assert len({names[one] for one in ("area_mm2", "_inner_area", "_side_mm", "tilted_by")}) == 4
    files = {"main.py": "", "a.py": "def f(first_name):\n    return first_name\n", "b.py": "def g(other_name): pass\n"}
    _, names = shorten(files)
    assert names["first_name"] == names["other_name"]


def test_the_firmware_line_by_line_with_few_names():
    texts = {name: path.read_text(encoding="utf-8") for name, path in find_sources().files.items()}
    short, names = shorten(fold(texts))
    assert {place: text.count("\n") for place, text in short.items()} == {
        place: text.count("\n") for place, text in texts.items()
    }
    for text in short.values():
        ast.parse(text)
    assert len(names) > 600
    # Each of them costs a device its letters and 12 bytes.
    assert len(set(names.values())) < 110


def test_the_same_every_time():
    texts = {name: path.read_text(encoding="utf-8") for name, path in find_sources().files.items()}
    assert shorten(texts) == shorten(dict(reversed(texts.items())))
