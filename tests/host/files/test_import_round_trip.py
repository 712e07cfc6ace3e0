"""Whatever dialect a recording is written in, the import gives back its samples."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from foreign_files import (
    DELIMITERS,
    SECONDS,
    Written,
    assert_same,
    imu_of,
    rows_of,
    sensors,
    turned_axes,
    without_gravity,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation
from session_samples import GRAVITY_MPS2

from hiphinge.files.importing.assemble import Imported, import_recording
from hiphinge.files.importing.mapping_file import parse_mapping
from hiphinge.model import SEGMENTS, Floats, ImuSamples, Segment

SENSORS = sensors()
ROWS = len(SENSORS.time_s)
RATE_HZ = 50.0
ACC_UNITS = {"m/s²": 1.0, "g": 1.0 / GRAVITY_MPS2, "mg": 1000.0 / GRAVITY_MPS2}
GYR_UNITS = {"rad/s": 1.0, "deg/s": 180.0 / np.pi}
AXES = [
    tuple(sign + axis for sign, axis in zip(signs, axes, strict=True))
    for axes in itertools.permutations("xyz")
    for signs in itertools.product(("", "-"), repeat=3)
]


@dataclass(frozen=True)
class Dialect:
    delimiter: str
    comma: bool
    encoding: str
    end: str
    preface: int
    header: bool
    missing: str
    acc_unit: str
    acc_axes: tuple[str, str, str]
    acc_free: str
    gyr_unit: str
    gyr_axes: tuple[str, str, str]
    orientation: str
    clock: str
    first: int
    modulus: int
    one_file: bool
    thoracic_every: int
    lost: frozenset[int]
    blank: frozenset[int]
    order: int


@st.composite
def dialects(draw: st.DrawFn) -> Dialect:
    delimiter = draw(st.sampled_from(sorted(DELIMITERS)))
    clock = draw(st.sampled_from(["s", "ms", "us", "epoch_ms", "us wrapping", "counter", "rows"]))
    one_file = draw(st.booleans())
    orientation = draw(st.sampled_from(["none", "quat", "xyzw", "conjugate", "matrix", "euler", "NED"]))
    inner = st.integers(1, ROWS - 2)
    return Dialect(
        delimiter=delimiter,
        comma=delimiter != "comma" and draw(st.booleans()),
        encoding=draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"])),
        end=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        preface=draw(st.integers(0, 3)),
        header=draw(st.booleans()),
        # A blank between blanks would be a cell's end.
        missing=draw(st.sampled_from(["", "NaN", "-9999", "n/a"])),
        acc_unit=draw(st.sampled_from(sorted(ACC_UNITS))),
        acc_axes=draw(st.sampled_from(AXES)),
        acc_free="no" if orientation == "none" else draw(st.sampled_from(["no", "sensor", "earth"])),
        gyr_unit=draw(st.sampled_from(sorted(GYR_UNITS))),
        gyr_axes=draw(st.sampled_from(AXES)),
        orientation=orientation,
        clock=clock,
        first=draw(st.integers(0, 60_000)),
        modulus=draw(st.sampled_from([1024, 65536])),
        one_file=one_file,
        thoracic_every=1 if one_file or clock == "counter" else draw(st.sampled_from([1, 2])),
        lost=frozenset() if one_file or clock == "rows" else draw(st.frozensets(inner, max_size=8)),
        blank=draw(st.frozensets(inner, max_size=8)),
        order=draw(st.integers(0, 10_000)),
    )


def kept_rows(dialect: Dialect, segment: str) -> np.ndarray:
    if segment == "sacral":
        return np.arange(ROWS)
    every = np.arange(0, ROWS, dialect.thoracic_every)
    return np.array([at for at in every if at not in dialect.lost or at in (every[0], every[-1])])


def spoilt(dialect: Dialect, segment: str) -> tuple[np.ndarray, dict[str, Floats]]:
    """The rows a file holds, and their values with some cells missing."""
    kept = kept_rows(dialect, segment)
    _, values = rows_of(SENSORS, segment, kept)
    values = {kind: one.copy() for kind, one in values.items()}
    if segment == "thoracic":
        for at in np.flatnonzero(np.isin(kept, list(dialect.blank))):
            values["gyr"][at, at % 3] = np.nan
    return kept, values


def add_values(written: Written, dialect: Dialect, segment: str, values: dict[str, Floats]) -> None:
    def add(kind: str, table: Floats) -> None:
        for at in range(table.shape[1]):
            written.add(f"{segment} {kind} {at}", table[:, at], 10, dialect.missing)

    acc = values["acc"]
    if dialect.acc_free != "no":
        # Earth's axes are those the orientation is given in.
        acc = without_gravity(acc, values["quat"], dialect.acc_free == "earth")
        if dialect.acc_free == "earth" and dialect.orientation == "NED":
            acc = acc[:, [1, 0, 2]] * [1.0, 1.0, -1.0]
    add("acc", turned_axes(acc, dialect.acc_axes) * ACC_UNITS[dialect.acc_unit])
    add("gyr", turned_axes(values["gyr"], dialect.gyr_axes) * GYR_UNITS[dialect.gyr_unit])
    turn = Rotation.from_quat(values["quat"], scalar_first=True)
    if dialect.orientation == "conjugate":
        add("quat", turn.inv().as_quat(scalar_first=True))
    elif dialect.orientation == "NED":
        enu_to_ned = Rotation.from_matrix([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, -1.0]])
        add("quat", (enu_to_ned * turn).as_quat(scalar_first=True))
    elif dialect.orientation == "matrix":
        add("matrix", turn.as_matrix().reshape(-1, 9))
    elif dialect.orientation == "euler":
        add("euler", turn.as_euler("YXZ", degrees=True))
    elif dialect.orientation != "none":
        add("quat", values["quat"] if dialect.orientation == "quat" else values["quat"][:, [1, 2, 3, 0]])


def add_clock(written: Written, dialect: Dialect, kept: np.ndarray) -> None:
    if dialect.clock == "counter":
        written.add("count", (dialect.first + kept) % dialect.modulus, 0)
    elif dialect.clock == "us wrapping":
        written.add("clock", (2**32 - 1_000_000 * (1 + dialect.first % 5) + kept * 20_000) % 2**32, 0)
    elif dialect.clock != "rows":
        unit = SECONDS[dialect.clock]
        start = 1_547_219_408_000 if dialect.clock == "epoch_ms" else dialect.first
        written.add("clock", start + kept / RATE_HZ / unit, 3 if dialect.clock == "s" else 0)


def vector(dialect: Dialect, kind: str, segment: str, places: dict[str, int], count: int) -> str:
    names = [f"{segment} {kind} {at}" for at in range(count)]
    columns = [f'"{name}"' if dialect.header else str(places[name] + 1) for name in names]
    return f"columns = [{', '.join(columns)}]"


def stream(dialect: Dialect, segment: str, file: str, places: dict[str, int]) -> str:
    def column(name: str) -> str:
        return f'"{name}"' if dialect.header else str(places[name] + 1)

    lines = ["[[stream]]", f'segment = "{segment}"', f'files = "{file}"']
    if dialect.clock == "counter":
        lines += [f"rate_hz = {RATE_HZ}", f"counter = {{ column = {column('count')}, modulus = {dialect.modulus} }}"]
    elif dialect.clock == "rows":
        lines.append(f"rate_hz = {RATE_HZ / (dialect.thoracic_every if segment == 'thoracic' else 1)}")
    else:
        unit, _, wraps = dialect.clock.partition(" ")
        wrap = ", wrap = 4294967296" if wraps else ""
        lines.append(f'time = {{ column = {column("clock")}, unit = "{unit}"{wrap} }}')
    free = f', kind = "free", frame = "{dialect.acc_free}"' if dialect.acc_free != "no" else ""
    acc, gyr = (vector(dialect, kind, segment, places, 3) for kind in ("acc", "gyr"))
    lines.append(f'acc = {{ {acc}, unit = "{dialect.acc_unit}", axes = {list(dialect.acc_axes)}{free} }}')
    lines.append(f'gyr = {{ {gyr}, unit = "{dialect.gyr_unit}", axes = {list(dialect.gyr_axes)} }}')
    if dialect.orientation == "matrix":
        lines.append(f"matrix = {{ {vector(dialect, 'matrix', segment, places, 9)} }}")
    elif dialect.orientation == "euler":
        lines.append(f'euler = {{ {vector(dialect, "euler", segment, places, 3)}, sequence = "YXZ" }}')
    elif dialect.orientation != "none":
        how = {"xyzw": ', order = "xyzw"', "conjugate": ', direction = "earth_to_sensor"', "NED": ', earth = "NED"'}
        quat = vector(dialect, "quat", segment, places, 4)
        lines.append(f"quat = {{ {quat}{how.get(dialect.orientation, '')} }}")
    return "\n".join(lines) + "\n"


def written_and_imported(dialect: Dialect, folder: Path) -> Imported:
    plain_encoding = dialect.encoding.removesuffix("-sig")
    mapping = (
        f'[table]\ndelimiter = "{dialect.delimiter}"\ndecimal = "{"," if dialect.comma else "."}"\n'
        f'encoding = "{plain_encoding}"\nskip_lines = {dialect.preface}\nheader = {str(dialect.header).lower()}\n'
        f"missing = {['', 'nan', '-9999', 'n/a']}\n\n"
    )
    rng = np.random.default_rng(dialect.order)
    written = Written()
    for segment in SEGMENTS:
        if not (dialect.one_file and segment == "thoracic"):
            written = Written()
            add_clock(written, dialect, kept_rows(dialect, segment))
        add_values(written, dialect, segment, spoilt(dialect, segment)[1])
        if dialect.one_file and segment == "sacral":
            continue
        order = rng.permutation(len(written.names)).tolist()
        places = {written.names[at]: place for place, at in enumerate(order)}
        name = "all.txt" if dialect.one_file else f"{segment}.txt"
        text = "".join(f"line {at} 1,5;2\t3{dialect.end}" for at in range(dialect.preface))
        text += written.text(DELIMITERS[dialect.delimiter], order, dialect.comma, dialect.header, dialect.end)
        # Names hold blanks here; a file with blanks between its cells cannot.
        if dialect.delimiter == "space" and dialect.header:
            header = DELIMITERS["space"].join(written.names[at] for at in order)
            text = text.replace(header, " ".join(written.names[at].replace(" ", "_") for at in order))
        (folder / name).write_bytes(text.encode(dialect.encoding))
        segments = SEGMENTS if dialect.one_file else (segment,)
        mapping += "".join(stream(dialect, one, name, places) for one in segments)
    if dialect.delimiter == "space" and dialect.header:
        for name in ("acc", "gyr", "quat", "matrix", "euler"):
            for segment in SEGMENTS:
                mapping = mapping.replace(f'"{segment} {name} ', f'"{segment}_{name}_')
    return import_recording(parse_mapping(mapping, "own.toml"), "own.toml", [str(folder)])


def wanted(dialect: Dialect, segment: Segment) -> ImuSamples:
    """What must come out, an instant each of the sacral sensor's."""
    kept, values = spoilt(dialect, segment)
    every = dialect.thoracic_every if segment == "thoracic" else 1
    found: dict[str, Floats] = {}
    for kind, one in values.items():
        full = np.full((ROWS, one.shape[1]), np.nan)
        full[kept] = one
        if every == 2:
            # Between two of its samples half of each; nothing beside a lost or incomplete one.
            complete = np.where(np.isnan(full).any(axis=1, keepdims=True), np.nan, full)
            full[1:-1:2] = 0.5 * (complete[:-2:2] + complete[2::2])
        found[kind] = full
    return ImuSamples(found["acc"], found["gyr"], None if dialect.orientation == "none" else found["quat"])


@given(dialects())
@settings(max_examples=120)
def test_any_dialect_gives_back_the_samples(dialect: Dialect) -> None:
    with tempfile.TemporaryDirectory() as folder:
        got = written_and_imported(dialect, Path(folder))
    last = int(kept_rows(dialect, "thoracic")[-1])
    if dialect.clock == "rows" and dialect.thoracic_every == 2:
        last = min(last, ROWS - 1)
    np.testing.assert_allclose(got.recording.time_s, np.arange(last + 1) / RATE_HZ, atol=1e-6)
    for segment in SEGMENTS:
        full = wanted(dialect, segment)
        cut = ImuSamples(
            *(None if one is None else one[: last + 1] for one in (full.acc_mps2, full.gyr_radps, full.quat))
        )
        one = imu_of(got.recording, segment)
        if segment == "thoracic" and dialect.thoracic_every == 2 and cut.quat is not None and one.quat is not None:
            # On the way between two orientations the turn is shared out, not the numbers.
            np.testing.assert_allclose(one.quat[::2], cut.quat[::2] * sign_of(one.quat[::2], cut.quat[::2]), atol=1e-6)
            cut = ImuSamples(cut.acc_mps2, cut.gyr_radps, one.quat)
        assert_same(one, cut, 1e-6, 1e-7, 1e-6)
    incomplete = int(np.isnan(imu_gyr(got)).any(axis=1).sum())
    assert got.missing["thoracic"] == incomplete
    kept = kept_rows(dialect, "thoracic")
    assert got.files[1].lost == (kept[-1] - kept[0]) // dialect.thoracic_every + 1 - len(kept)


def imu_gyr(got: Imported) -> Floats:
    gyr = got.recording.thoracic.gyr_radps
    assert gyr is not None
    return gyr


def sign_of(got: Floats, wanted_quat: Floats) -> Floats:
    sign = np.sign(np.sum(got * wanted_quat, axis=1, keepdims=True))
    return np.where(np.isnan(sign), 1.0, sign)
