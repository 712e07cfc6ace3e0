"""The figures with their sources (`figures.toml`), and where things lie."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HARDWARE = Path(__file__).resolve().parent.parent
REPOSITORY = HARDWARE.parent
SURENESS = ("read", "derived", "judgement")


@dataclass(frozen=True)
class Figure:
    """One figure: its value in the unit its name carries, how sure it is, and where it comes from."""

    name: str
    value: Any
    sure: str
    source: str


def load(path: Path = HARDWARE / "figures.toml") -> dict[str, Figure]:
    """Every figure by ``section.name``."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        f"{section}.{name}": Figure(f"{section}.{name}", entry["value"], entry["sure"], entry["from"])
        for section, entries in content.items()
        for name, entry in entries.items()
    }


def value(name: str) -> Any:
    """The value of one figure, such as ``value("battery.capacity_mah")``."""
    return load()[name].value
