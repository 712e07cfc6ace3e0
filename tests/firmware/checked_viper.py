"""Runs viper code on CPython with every intermediate result checked to fit a 32-bit register.

The interpreter at hand is a 64-bit one, where a product that is too large for an ESP32 goes unnoticed. Here `ptr32` and
`ptr16` load numbers that check every operation they take part in, so running the filter's source proves, for the inputs
it is given, that a 32-bit machine computes the same.
"""

import ast
import types
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

LOW, HIGH = -(1 << 31), (1 << 31) - 1


class Checked(int):
    """An int whose results must fit 32 signed bits."""

    def __new__(cls, value: int) -> "Checked":
        if not LOW <= value <= HIGH:
            raise OverflowError(f"{value} needs more than 32 bits")
        return super().__new__(cls, value)


def _checked(name: str) -> Callable[..., Checked]:
    plain = getattr(int, name)
    return lambda self, *others: Checked(plain(self, *(int(other) for other in others)))


for _name in ("add", "sub", "mul", "floordiv", "and", "or", "xor", "lshift", "rshift"):
    setattr(Checked, f"__{_name}__", _checked(f"__{_name}__"))
    setattr(Checked, f"__r{_name}__", _checked(f"__r{_name}__"))
Checked.__neg__ = _checked("__neg__")  # type: ignore[method-assign]


class Pointer:
    """`ptr32` or `ptr16` of an array."""

    def __init__(self, data: "array[int]") -> None:
        self._data = data
        self._half = data.itemsize == 2

    def __getitem__(self, at: int) -> int:
        value = self._data[at]
        return Checked(value & 0xFFFF) if self._half else Signless(value)

    def __setitem__(self, at: int, value: int) -> None:
        if self._half:
            value = (int(value) + 32768) % 65536 - 32768
        self._data[at] = int(value)


class Signless(Checked):
    """A loaded word: used as it is where it is never negative, or with ``(v ^ S) - S``, which does nothing here."""

    def __new__(cls, value: int) -> "Signless":
        return int.__new__(cls, value)  # in range: it comes from an array of int32

    def __xor__(self, sign: int) -> Any:
        return Toggled(int(self)) if int(sign) == SIGN else Checked(int(self) ^ int(sign))


class Toggled(int):
    """A word with its sign bit toggled: only taking the sign off again makes sense."""

    def __sub__(self, sign: int) -> Checked:
        assert int(sign) == SIGN
        return Checked(int(self))


SIGN = 1 << 31


def load(*paths: Path) -> dict[str, Any]:
    """Names of firmware modules, one after the other in one namespace, their viper functions checked."""
    micropython = types.SimpleNamespace(viper=lambda function: function)
    names: dict[str, Any] = {
        "ptr32": Pointer,
        "ptr16": Pointer,
        "micropython": micropython,
        "const": lambda value: value,
    }
    for path in paths:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        # What MicroPython alone has stands above; what firmware modules take from each other is there already.
        tree.body = [node for node in tree.body if not _only_there(node)]
        exec(compile(tree, str(path), "exec"), names)
    return names


def _only_there(node: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return (node.module or "").split(".")[0] in ("micropython", "hiphinge_fw")
    return isinstance(node, ast.Import) and node.names[0].name == "micropython"
