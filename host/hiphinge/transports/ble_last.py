"""Which device was used last: a small file of this computer's user, whose content is believed as little as the air."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hiphinge.transports.ble_found import clean_name, is_address

SCHEMA = "hiphinge.bluetooth/1"
# An address and a name; what is larger was not written here.
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class LastUsed:
    """A device that was used.

    Attributes
    ----------
    address : str
        On macOS a UUID.
    name : str
        For people.
    """

    address: str
    name: str = ""

    def __str__(self) -> str:
        """For messages."""
        return f"{self.name} ({self.address})" if self.name else self.address


def state_path(environment: Mapping[str, str] | None = None, system: str = sys.platform) -> Path | None:
    """Where it is kept; None where this user has no folder for such things.

    Parameters
    ----------
    environment : mapping, optional
        This process's where not given.
    system : str
        As `sys.platform`.
    """
    known = os.environ if environment is None else environment
    home = known.get("USERPROFILE" if system == "win32" else "HOME", "")
    if system == "win32":
        base = known.get("APPDATA", "")
    elif system == "darwin":
        base = f"{home}/Library/Application Support" if home else ""
    else:
        # A relative one is to be ignored (XDG Base Directory Specification).
        base = known.get("XDG_CONFIG_HOME", "")
        base = base if base.startswith("/") else f"{home}/.config" if home else ""
    return Path(base) / "hiphinge" / "bluetooth.json" if base else None


class Memory:
    """The file.

    Parameters
    ----------
    path : Path or None
        None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def recall(self) -> LastUsed | None:
        """What it says; None where there is none, or anything else than it should be."""
        if self._path is None:
            return None
        try:
            with self._path.open("rb") as file:
                data = file.read(_MOST_BYTES + 1)
            found: Any = json.loads(data) if len(data) <= _MOST_BYTES else None
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(found, dict) or found.get("schema") != SCHEMA:  # pyright: ignore[reportUnknownMemberType]
            return None
        address: Any = found.get("address")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        name: Any = found.get("name")  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if not isinstance(address, str) or not is_address(address):
            return None
        return LastUsed(address, clean_name(name if isinstance(name, str) else ""))

    def keep(self, device: LastUsed) -> bool:
        """Remember it, whole or not at all; False where that was not possible, which costs nothing but convenience."""
        if self._path is None or not is_address(device.address):
            return False
        if self.recall() == device:
            return True
        beside = self._path.with_name(f".{self._path.name}.{secrets.token_hex(4)}.tmp")
        said = {"schema": SCHEMA, "address": device.address, "name": clean_name(device.name)}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with beside.open("xb") as file:
                file.write(json.dumps(said).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            return False
        return True

    def forget(self) -> None:
        """Nothing was used."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
