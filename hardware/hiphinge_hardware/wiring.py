"""What is joined to what, read from the wiring sources (`wiring.yml`, `wiring-cable.yml`)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import yaml

from hiphinge_hardware.figures import HARDWARE

SOURCES = (HARDWARE / "wiring.yml", HARDWARE / "wiring-cable.yml")

# Parts that join some of their own pins: both legs of a line of the ESD array.
_INSIDE = {"USBLC6-2SC6": ((1, 6), (3, 4))}

Pin = tuple[str, int]


@dataclass(frozen=True)
class Wiring:
    """Connectors with their pins' labels, and the groups of pins that are one piece of metal."""

    labels: dict[Pin, str]
    nets: tuple[frozenset[Pin], ...]

    def net(self, connector: str, pin: int) -> frozenset[Pin]:
        """The pins joined to this one, itself among them."""
        return next((net for net in self.nets if (connector, pin) in net), frozenset({(connector, pin)}))

    def pin(self, connector: str, label: str) -> int:
        """The number of the pin with this label."""
        found = [number for (name, number), own in self.labels.items() if name == connector and own == label]
        if len(found) != 1:
            raise ValueError(f"{connector} has {len(found)} pins labelled {label!r}")
        return found[0]

    def gpio(self, connector: str, label: str) -> int | None:
        """The controller's GPIO this pin is joined to; None: to none."""
        found = {
            int(match.group(1))
            for pin in self.net(connector, self.pin(connector, label))
            if pin[0] == "Controller" and (match := re.match(r"GPIO(\d+)\b", self.labels[pin]))
        }
        if len(found) > 1:
            raise ValueError(f"{connector} {label} joins GPIOs {sorted(found)}")
        return found.pop() if found else None

    def gpios(self) -> set[int]:
        """Every GPIO of the controller that is joined to something."""
        return {
            int(match.group(1))
            for net in self.nets
            if len(net) > 1
            for pin in net
            if pin[0] == "Controller" and (match := re.match(r"GPIO(\d+)\b", self.labels[pin]))
        }


def _numbers(pins: Any) -> list[int]:
    numbers: list[int] = []
    listed = cast("list[Any]", pins) if isinstance(pins, list) else [pins]
    for pin in listed:
        first, _, last = str(pin).partition("-")
        numbers.extend(range(int(first), int(last or first) + 1))
    return numbers


def _rows(connection: Iterable[Any], connectors: set[str]) -> list[tuple[str, list[int]]]:
    """The connectors of one connection with their pins; cables and arrows between them only carry on."""
    rows: list[tuple[str, list[int]]] = []
    for part in connection:
        if isinstance(part, dict):
            ((name, pins),) = cast("dict[str, Any]", part).items()
            if name in connectors:
                rows.append((name, _numbers(pins)))
    return rows


def load(paths: Iterable[Path] = SOURCES) -> Wiring:
    """Read wiring sources; connectors of the same name in several are the same."""
    labels: dict[Pin, str] = {}
    joined: list[set[Pin]] = []
    for path in paths:
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        for name, connector in source["connectors"].items():
            for number, label in enumerate(connector["pinlabels"], 1):
                if labels.setdefault((name, number), str(label)) != str(label):
                    raise ValueError(
                        f"{path}: {name} pin {number} is {label!r} here and {labels[name, number]!r} elsewhere"
                    )
            pairs = (*connector.get("loops", ()), *_INSIDE.get(connector["type"], ()))
            joined.extend({(name, int(pin)) for pin in pair} for pair in pairs)
        for connection in source["connections"]:
            rows = _rows(connection, set(source["connectors"]))
            for (left, left_pins), (right, right_pins) in pairwise(rows):
                if len(left_pins) != len(right_pins):
                    raise ValueError(f"{path}: {left} {left_pins} does not match {right} {right_pins}")
                joined.extend({(left, a), (right, b)} for a, b in zip(left_pins, right_pins, strict=True))
    return Wiring(labels, tuple(_merged(joined)))


def _merged(groups: Iterable[set[Pin]]) -> list[frozenset[Pin]]:
    nets: list[set[Pin]] = []
    for group in groups:
        touching = [net for net in nets if net & group]
        nets = [net for net in nets if not net & group]
        nets.append(group.union(*touching))
    return [frozenset(net) for net in nets]
