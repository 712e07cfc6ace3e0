"""The import contracts hold, and each of them fails on a module that breaks it."""

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import hiphinge
import hiphinge_wire

ROOT = Path(__file__).resolve().parents[3]
PURE = ("kinematics", "reps", "simulate")
SOURCES = tuple(Path(package.__file__).parent for package in (hiphinge, hiphinge_wire))


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache", "--no-logo"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Our packages and contracts, to be spoilt."""
    for package in SOURCES:
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    return tmp_path


def test_our_packages_keep_every_contract(copy: Path):
    run = lint_imports(copy)
    assert run.returncode == 0, run.stdout + run.stderr
    assert " 0 broken" in run.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("hiphinge/kinematics/spoilt.py", "import hiphinge.analysis", "each imports only what stands below it"),
        ("hiphinge/model.py", "import hiphinge.reps", "each imports only what stands below it"),
        ("hiphinge/files/spoilt.py", "import hiphinge.cli", "each imports only what stands below it"),
        ("hiphinge_wire/spoilt.py", "import hiphinge.model", "The wire format knows nobody"),
        ("hiphinge/files/spoilt.py", "import hiphinge_fw.core", "Host and firmware never import each other"),
        ("hiphinge/reps/spoilt.py", "import polars", "Arrays in, arrays out"),
        ("hiphinge/simulate/spoilt.py", "from pathlib import Path", "Arrays in, arrays out"),
        ("hiphinge/kinematics/spoilt.py", "import time", "Arrays in, arrays out"),
        ("hiphinge/reps/spoilt.py", "import hiphinge.programmes.spec", "Arrays in, arrays out"),  # and so pydantic
        ("hiphinge/programmes/limits.py", "import pathlib", "Programmes are pure but for their loader"),
        ("hiphinge/programmes/resolve.py", "import rich", "Programmes are pure but for their loader"),
    ],
)
def test_contract_fails_on_a_module_that_breaks_it(copy: Path, module: str, line: str, contract: str):
    target = copy / module
    target.parent.mkdir(exist_ok=True)
    package = target.parent / "__init__.py"
    package.touch()
    if "hiphinge.cli" in line:
        (copy / "hiphinge/cli").mkdir(exist_ok=True)
        (copy / "hiphinge/cli/__init__.py").touch()
    with target.open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    run = lint_imports(copy)
    said = " ".join(run.stdout.split())  # the terminal's width breaks contract names
    assert run.returncode == 1, run.stdout + run.stderr
    _, _, broken = said.partition("Broken contracts")
    assert contract in broken, said


def test_new_module_without_a_layer_is_refused(copy: Path):
    (copy / "hiphinge/helpers.py").touch()
    run = lint_imports(copy)
    assert run.returncode == 1
    assert "helpers" in run.stdout


def test_every_pure_package_stands_in_its_contract():
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter", encoding="utf-8")
    arrays = config["importlinter:contract:arrays"]["source_modules"].split()
    here = {f"hiphinge.{name}" for name in (*PURE, "link") if (SOURCES[0] / name).is_dir()}
    assert here <= set(arrays)
    # Programmes name their modules one by one, as one of them reads files: none may be forgotten.
    named = config["importlinter:contract:programmes"]["source_modules"].split()
    modules = {f"hiphinge.programmes.{file.stem}" for file in (SOURCES[0] / "programmes").glob("[!_]*.py")}
    assert modules - set(named) == {"hiphinge.programmes.loader"}
