"""The parts list, read from `bom.csv`."""

import csv
from dataclasses import dataclass
from pathlib import Path

from hiphinge_hardware.figures import HARDWARE

COLUMNS = (
    "ref",
    "part",
    "maker",
    "makers_number",
    "quantity",
    "unit_price_estimate_usd",
    "price_from",
    "alternatives",
    "must_match",
    "number_from",
    "verified",
)


@dataclass(frozen=True)
class Part:
    """One line of the parts list; prices are estimates in US dollars, without postage and tax."""

    ref: str
    part: str
    maker: str
    makers_number: str
    quantity: float
    unit_price_estimate_usd: float
    price_from: str
    alternatives: str
    must_match: str
    number_from: str
    verified: str

    @property
    def price_estimate_usd(self) -> float:
        """Of the whole line."""
        return self.quantity * self.unit_price_estimate_usd


def load(path: Path = HARDWARE / "bom.csv") -> list[Part]:
    """Every line of the parts list."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{path}: columns {reader.fieldnames}, expected {COLUMNS}")
        rows = list(reader)
    return [_part(row) for row in rows]


def _part(row: dict[str, str]) -> Part:
    quantity, price = float(row["quantity"]), float(row["unit_price_estimate_usd"])
    words = {name: text for name, text in row.items() if name not in ("quantity", "unit_price_estimate_usd")}
    return Part(quantity=quantity, unit_price_estimate_usd=price, **words)


def total_estimate_usd(parts: list[Part]) -> float:
    """What one device costs, as an estimate."""
    return sum(part.price_estimate_usd for part in parts)
