"""The firmware's own files: in the repository, or as the installed package carries them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from hiphinge.device.errors import DeviceError

_PACKED = Path(__file__).parent / "firmware"
_REPOSITORY = Path(__file__).parents[3]
_VERSION = re.compile(
    r"^(?:VERSION|__version__|FIRMWARE)\s*=\s*\(?[\"']?([\w.\-+, ]{1,24}?)[\"']?\)?\s*$", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Sources:
    """Files to be compiled, by their place on the device, and the partition tables."""

    files: dict[str, Path]
    partitions: Path


def find_sources(folder: Path | None = None, wire: Path | None = None) -> Sources:
    """Find the firmware.

    Parameters
    ----------
    folder : Path, optional
        Holds `main.py`, the packages beside it and `partitions-*.csv`. Default: the packed one, else the repository's.
    wire : Path, optional
        The package `hiphinge_wire`, where the folder has none of its own.

    Raises
    ------
    DeviceError
        It is not there.
    """
    root = folder or (_PACKED if _PACKED.is_dir() else _REPOSITORY / "firmware")
    if not (root / "main.py").is_file():
        raise DeviceError(f"{root}: holds no main.py, so is no firmware; give the folder with --firmware")
    files = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.py"))}
    if not any(name.startswith("hiphinge_wire/") for name in files):
        if wire is None:
            import hiphinge_wire

            wire = Path(hiphinge_wire.__file__).parent
        files |= {f"hiphinge_wire/{path.relative_to(wire).as_posix()}": path for path in sorted(wire.rglob("*.py"))}
    return Sources(files, root)


def version_of(sources: Sources) -> str:
    """The version the firmware says it is; empty where it does not."""
    for name in ("hiphinge_fw/__init__.py", "hiphinge_fw/version.py", "main.py"):
        path = sources.files.get(name)
        match = _VERSION.search(path.read_text(encoding="utf-8")) if path else None
        if match:
            return match[1].replace(", ", ".").strip()
    return ""


def partition_file(sources: Sources, flash_bytes: int) -> Path:
    """The partition table for a flash of that size: the largest that fits.

    Raises
    ------
    DeviceError
        There is none so small.
    """
    sizes = {
        int(match[1]): path
        for path in sources.partitions.glob("partitions-*MiB.csv")
        if (match := re.fullmatch(r"partitions-(\d+)MiB\.csv", path.name))
    }
    fitting = [size for size in sizes if size << 20 <= flash_bytes]
    if not fitting:
        there = ", ".join(f"{size} MB" for size in sorted(sizes)) or "none"
        raise DeviceError(f"this board has {flash_bytes >> 20} MB of flash; tables are for {there}: use a larger board")
    return sizes[max(fitting)]
