"""Whatever the bytes, the import gives a recording or its own error in one line."""

from __future__ import annotations

import string
import tempfile
from pathlib import Path

import numpy as np
from foreign_files import both, sensors, write_dot, write_mtw
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hiphinge.files.errors import SessionError
from hiphinge.files.importing.assemble import import_recording
from hiphinge.files.importing.mapping import ImportMapping
from hiphinge.files.importing.mapping_file import load_mapping, parse_mapping, ready_mapping_text, ready_mappings
from hiphinge.model import Recording

SHORT = sensors(4.0, 20.0)
ANY = parse_mapping(
    '[table]\nheader = false\nencoding = "latin-1"\n[[stream]]\nrate_hz = 50\nquat = { columns = [1, 2, 3, 4] }', "any"
)


def made() -> dict[str, tuple[bytes, bytes]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mtw = [write_mtw(folder / f"{s}.txt", SHORT, s, 0, "matrix").read_bytes() for s in ("sacral", "thoracic")]
        dot = [write_dot(folder / f"{s}.csv", SHORT, s, 5000).read_bytes() for s in ("sacral", "thoracic")]
    return {"xsens-mtw": (mtw[0], mtw[1]), "xsens-dot": (dot[0], dot[1])}


MADE = made()


def taken(mapping: ImportMapping, sacral: bytes, thoracic: bytes) -> Recording | str:
    with tempfile.TemporaryDirectory() as name:
        paths = [Path(name, one) for one in ("a.csv", "b.csv")]
        for path, data in zip(paths, (sacral, thoracic), strict=True):
            path.write_bytes(data)
        try:
            got = import_recording(mapping, "m", [f"sacral={paths[0]}", f"thoracic={paths[1]}"]).recording
        except SessionError as error:
            assert str(error).isprintable()
            return str(error)
    assert np.isfinite(got.time_s).all() and (np.diff(got.time_s) > 0.0).all()
    for imu in both(got):
        for values in (imu.acc_mps2, imu.gyr_radps, imu.quat):
            assert values is None or (len(values) == len(got.time_s) and not np.isinf(values).any())
    return got


@given(st.sampled_from([*ready_mappings(), "any"]), st.binary(max_size=300))
@example("any", b"\xff\xfe1\x00")
@example("any", b"1,0,0,0\n" * 200)
@example("any", b'"\n')
@example("xsens-mtw", b"PacketCounter\n1")
@example("xsens-dot", b"sep=\npacket")
@settings(max_examples=200)
def test_any_bytes(name: str, data: bytes) -> None:
    assert isinstance(taken(ANY if name == "any" else load_mapping(name), data, data), str)


SPOILERS = [b",", b"\t", b"\n", b"\r", b'"', b".", b"-", b"e9", b"\0", b"\xff", b"NaN", b" ", b"1e999", b"//"]


@st.composite
def spoilt(draw: st.DrawFn) -> tuple[str, bytes, bytes]:
    name = draw(st.sampled_from(sorted(MADE)))
    sacral, thoracic = MADE[name]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(thoracic)))
        kind = draw(st.sampled_from(["cut", "delete", "insert", "replace", "repeat line"]))
        if kind == "cut":
            thoracic = thoracic[:at]
        elif kind == "delete":
            thoracic = thoracic[:at] + thoracic[at + draw(st.integers(1, 300)) :]
        elif kind == "insert":
            thoracic = thoracic[:at] + draw(st.binary(min_size=1, max_size=6)) + thoracic[at:]
        elif kind == "replace":
            thoracic = thoracic[:at] + draw(st.sampled_from(SPOILERS)) + thoracic[at + 1 :]
        else:
            end = thoracic.find(b"\n", at) + 1
            thoracic = thoracic[:end] + thoracic[thoracic.rfind(b"\n", 0, at) + 1 : end] + thoracic[end:]
    return name, sacral, thoracic


@given(spoilt())
@settings(max_examples=250)
def test_spoilt_files(files: tuple[str, bytes, bytes]) -> None:
    taken(load_mapping(files[0]), files[1], files[2])


READY = "".join(ready_mapping_text(name) for name in ready_mappings()).splitlines()


@given(
    st.lists(st.sampled_from(READY), max_size=25),
    st.text(string.printable, max_size=20),
    st.integers(0, 400),
)
@settings(max_examples=200)
def test_any_mapping(lines: list[str], inserted: str, at: int) -> None:
    text = "\n".join(lines)
    try:
        parse_mapping(text[:at] + inserted + text[at:], "fuzz.toml")
    except SessionError as error:
        assert str(error).isprintable() and str(error).startswith("fuzz.toml: ")


@given(st.sampled_from(ready_mappings()), st.integers(0, 3000), st.text(string.printable, max_size=3))
@settings(max_examples=200)
def test_ready_mapping_with_a_slip(name: str, at: int, inserted: str) -> None:
    text = ready_mapping_text(name)
    try:
        parse_mapping(text[:at] + inserted + text[at + 1 :], "fuzz.toml")
    except SessionError as error:
        assert str(error).isprintable() and str(error).startswith("fuzz.toml: ")
