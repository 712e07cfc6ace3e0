"""The tree, the wheel, the start-up time, and the test house's own promises."""

import importlib.util
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

# DESIGN section 3: the top level holds these, and dot files; nothing else.
TOP_LEVEL = {
    "protocol", "firmware", "host", "tests", "hardware",
    "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md",
}  # fmt: skip
HEAVY = ("numpy", "scipy", "polars", "pydantic", "vqf", "matplotlib", "jinja2", "serial", "filelock", "asyncio")


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run([sys.executable, *arguments], env=env, capture_output=True, text=True, check=False)


def test_top_level_holds_only_what_the_design_lists():
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout: the tree may hold files of whoever unpacked it")
    top = {line.split("/")[0] for line in listing.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_wheel_holds_both_packages_and_the_programmes_and_works_on_its_own(tmp_path: Path):
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        archive.extractall(unpacked)
    folder = ROOT / "host/hiphinge/report/templates"
    templates = {f"hiphinge/report/templates/{path.name}" for path in folder.iterdir()}
    mappings = {
        f"hiphinge/files/importing/mappings/{name}.toml"
        for name in ("trunkyxl", "xsens-mtw", "xsens-dot", "ximu3", "metamotion")
    }
    assert templates
    assert templates | mappings <= names
    programmes = {f"hiphinge/programmes/{name}.toml" for name in ("assisted", "unassisted", "loaded-split-rdl")}
    assert programmes | {"hiphinge/model.py", "hiphinge_wire/framing.py"} <= names
    assert {name.split("/")[0].split("-")[0] for name in names} == {"hiphinge", "hiphinge_wire"}
    code = (
        "import hiphinge, hiphinge_wire.framing\n"
        "from hiphinge.programmes import builtin_names, load_programme\n"
        "print(hiphinge.__file__, [load_programme(name).name for name in builtin_names()])"
    )
    run = python("-c", code, PYTHONPATH=str(unpacked))
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith(str(unpacked))
    assert "['assisted', 'unassisted', 'loaded-split-rdl']" in run.stdout


@pytest.mark.skipif(importlib.util.find_spec("hiphinge.cli") is None, reason="there is no command line yet")
def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from hiphinge.cli import main\n"
        "sys.argv = ['hiphinge', '--help']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as done:\n"
        "    assert not done.code, done.code\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    run = python("-c", code)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines()[-1] == "HEAVY []"
    assert "analyse" in run.stdout


def test_no_two_test_modules_share_a_name():
    # pytest puts every folder of tests on the path: of two modules of one name the first one met is imported. What
    # stands in for MicroPython's own modules has their names, and is found by MicroPython alone.
    stand_ins = [ROOT / "tests" / "rig" / name for name in ("near", "world")]
    found = [
        path.name
        for path in (ROOT / "tests").rglob("*.py")
        if path.name not in ("conftest.py", "__init__.py") and path.parent not in stand_ins
    ]
    assert {name for name in found if found.count(name) > 1} <= {"__main__.py"}


NEEDS_DATA = """
def test_needs(data):
    assert data("there").name == "there"
def test_plain():
    pass
"""


@pytest.mark.parametrize(
    ("root", "folder", "closing", "said"),
    [
        (None, None, "1 passed, 1 skipped", "set HIPHINGE_DATA to the folder that holds there/"),
        ("root", None, "1 passed, 1 skipped", "has no folder there/"),
        ("root", "there", "2 passed", None),
    ],
)
def test_missing_recordings_are_skipped_loudly(
    tmp_path: Path, root: str | None, folder: str | None, closing: str, said: str | None
):
    (tmp_path / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "test_it.py").write_text(NEEDS_DATA, encoding="utf-8")
    data = tmp_path / (root or "")
    (data / (folder or "other")).mkdir(parents=True)
    run = python("-m", "pytest", "-ra", "-n", "1", str(tmp_path), HIPHINGE_DATA=str(data) if root else "")
    assert closing in run.stdout.splitlines()[-1]
    assert ("1 tests SKIPPED for lack of recordings" in run.stdout) is (said is not None)
    assert said is None or said in run.stdout
