"""The worked examples run as they stand, without a warning, and say the right thing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "host/docs/examples"


def said_by(name: str, folder: Path) -> str:
    run = subprocess.run(
        [sys.executable, "-W", "error", FOLDER / f"{name}.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        encoding="utf-8",
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout


def test_why_repetitions_failed(tmp_path: Path):
    said = said_by("why_repetitions_failed", tmp_path)
    lines = [line.split(": ", 1)[1] for line in said.splitlines() if line.startswith("rep ")]
    assert [line.split()[0] for line in lines] == ["compliant", "faulty", "compliant", "faulty", "faulty", "compliant"]
    assert re.search(r"bent the lower back 1[4-8]\.\d deg .*; your limit is 10$", lines[1])
    assert re.search(r"hinged 3[3-7]\.\d deg; at least 42 is asked for$", lines[3])
    assert re.search(r"arched the lower back 1[2-6]\.\d deg past neutral .*; your limit is 8$", lines[4])
    counted = re.findall(r"^(\w+): 1 of 6 repetitions$", said, re.MULTILINE)
    assert counted == ["lumbar_flexion", "too_shallow", "lumbar_extension"]
    assert list(tmp_path.iterdir()) == []  # it cleans up after itself


def test_before_and_after(tmp_path: Path):
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in said_by("before_and_after", tmp_path).splitlines()
        if line.startswith(("| before", "| after"))
    ]
    assert [row[0] for row in rows] == ["before", "after"]
    # Ten repetitions each, of which 2 x 3 were made faulty before and one after.
    assert [row[1:3] for row in rows] == [["10", "4"], ["10", "9"]]
    assert float(rows[0][3]) > float(rows[1][3])


def test_your_own_filter(tmp_path: Path):
    said = said_by("your_own_filter", tmp_path)
    own, ours = (float(value) for value in re.findall(r"([\d.]+) deg$", said, re.MULTILINE))
    # A textbook filter on these sensors is a degree off or two; the shape of its error is beside the point here.
    assert 0.2 < own < 4.0
    assert ours < own


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.py")), ids=lambda file: file.stem)
def test_every_example_is_short_and_tested(file: Path):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 80
    assert f"test_{file.stem}" in globals()
