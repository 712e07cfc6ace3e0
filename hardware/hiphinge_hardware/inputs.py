"""What the printed parts are made of, as a hash: tells whether the ready files still belong to the sources."""

import hashlib
import json
from pathlib import Path
from typing import Any

from hiphinge_hardware.figures import HARDWARE, load

MANIFEST = HARDWARE / "stl" / "manifest.json"


def cad_sources() -> list[Path]:
    """Every source file that can change a shape or a picture."""
    return sorted((Path(__file__).resolve().parent / "cad").glob("*.py"))


def cad_figures() -> dict[str, Any]:
    """Every figure that can: sizes, and the density that gives masses."""
    return {
        name: figure.value
        for name, figure in sorted(load().items())
        if name.endswith("_mm") or name == "material.density_g_per_cm3"
    }


def cad_hash() -> str:
    """SHA-256 of both; line ends do not count."""
    digest = hashlib.sha256(json.dumps(cad_figures()).encode())
    for path in cad_sources():
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()


def text_hash(path: Path) -> str:
    """SHA-256 of a text file; line ends do not count."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def note_pictures(paths: list[Path]) -> None:
    """Write into the manifest which pictures belong to it."""
    found = {**manifest(), "pictures_sha256": {path.name: text_hash(path) for path in paths}}
    MANIFEST.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def manifest() -> dict[str, Any]:
    """What the last build of the parts found."""
    return json.loads(MANIFEST.read_text(encoding="utf-8"))
