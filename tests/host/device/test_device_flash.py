"""`hiphinge device flash`: partition tables, images, what esptool is called with, a board that comes up after it."""

import hashlib
import json
import struct
from pathlib import Path

import pytest
from fake_tools import calls, fake_tool
from hypothesis import given
from hypothesis import strategies as st
from real_board import RealBoard, needs_the_tools, write_firmware

from hiphinge.app.device.install import Site, flash, plan_flash
from hiphinge.device import tools as tools_module
from hiphinge.device.build import check_mpy, compile_firmware, emitted
from hiphinge.device.chips import ARCHITECTURES, CHIPS, Mpy, chip_called, mpy_of
from hiphinge.device.errors import DeviceError
from hiphinge.device.flasher import identify_board
from hiphinge.device.image import made_ours
from hiphinge.device.partitions import Partition, parse_partitions, partition_table, read_table
from hiphinge.device.sources import find_sources, partition_file, version_of
from hiphinge.device.tools import ESPTOOL, MPY_CROSS, Tools

ROOT = Path(__file__).parents[3]
THEIRS = (
    Partition("nvs", 1, 2, 0x9000, 0x6000),
    Partition("phy_init", 1, 1, 0xF000, 0x1000),
    Partition("factory", 0, 0, 0x10000, 0x1F0000),
    Partition("vfs", 1, 0x81, 0x200000, 0x200000),
)
S3, ESP32 = CHIPS[0], CHIPS[1]

# What esptool 5.6 prints (read in its source): the words the code looks for, and the flash kept in a file.
ESPTOOL_BODY = """
state = {state!r}
if arguments == ["version"]:
    print("esptool v5.6.0\\n5.6.0")
elif "flash-id" in arguments:
    print("esptool v5.6.0\\nConnected to {chip} on /dev/x:\\nChip type:          {chip} (QFN56)")
    print("MAC:                7c:df:a1:00:11:22\\nManufacturer: 20\\nDetected flash size: {size}")
elif "write-flash" in arguments:
    for percent in (0, 50, 100):
        print(f"Writing at 0x00010000 [====>     ] {{percent:.1f}}% 1/2 bytes...", end="\\r")
    open(state, "wb").write(open(arguments[-1], "rb").read())
    print("\\nHash of data verified.")
elif "verify-flash" in arguments:
    good = open(state, "rb").read() == open(arguments[-1], "rb").read()
    print("Verification successful (digest matched)." if good else "Verification failed (digest mismatch).")
    sys.exit(0 if good else 2)
"""


def esptool(folder: Path, chip: str = "ESP32-S3", size: str = "8MB", after: str = "") -> Path:
    state = folder / "flash.bin"
    fake_tool(folder, "esptool", ESPTOOL_BODY.format(chip=chip, size=size, state=str(state)) + after)
    return state


def image(chip_id: int = 9, image_at: int = 0, app: int = 300_000) -> bytes:
    data = bytearray(b"\xff" * (0x10000 - image_at + app))
    data[0] = 0xE9
    struct.pack_into("<H", data, 12, chip_id)
    table = partition_table(THEIRS)
    data[0x8000 - image_at : 0x8000 - image_at + len(table)] = table
    text = b"v1.29.0 on 2026-08-29"
    data[-100 : -100 + len(text)] = text
    return bytes(data)


# --- partition tables -----------------------------------------------------------------------------------------------


def test_a_table_byte_for_byte():
    # ESP-IDF, "Partition Tables": AA 50, type, subtype, offset, size, name, flags; then EB EB and the MD5 of it all.
    table = partition_table(THEIRS[:1])
    entry = bytes.fromhex("aa500102 00900000 00600000") + b"nvs".ljust(16, b"\0") + bytes(4)
    assert table[:32] == entry
    assert table[32:48] == b"\xeb\xeb" + b"\xff" * 14
    assert table[48:64] == hashlib.md5(entry).digest()
    assert table[64:] == b"\xff" * (0xC00 - 64)


@pytest.mark.parametrize("size", [4, 8])
def test_the_firmwares_own_tables_fit_their_flash(size: int):
    path = ROOT / "firmware" / f"partitions-{size}MiB.csv"
    found = parse_partitions(path.read_text(), str(path))
    assert read_table(partition_table(found)) == found
    assert max(one.offset + one.size for one in found) == size << 20
    assert any(one.name == "hiplog" for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nvs, data, nvs",
        "nvs, data, what, 0x9000, 4K",
        "nvs, data, nvs, 0x9100, 4K",
        "app, app, factory, 0x11000, 1M",
        "a, data, nvs, 0x9000, 8K\nb, data, nvs, 0xa000, 4K",
        "a, data, nvs, 0x8000, 4K",
    ],
)
def test_tables_that_are_none(text: str):
    with pytest.raises(DeviceError, match="here"):
        parse_partitions(text, "here")


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_one_line(text: str):
    try:
        parse_partitions(text, "here")
    except DeviceError as error:
        assert "\n" not in str(error)


# --- images ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chip", [S3, ESP32], ids=lambda chip: chip.name)
def test_only_the_table_is_ours(chip):
    theirs = image(chip.image_id, chip.image_at)
    path = ROOT / "firmware" / "partitions-8MiB.csv"
    table = parse_partitions(path.read_text(), "")
    ours = made_ours(theirs, chip, table, "x.bin")
    at = 0x8000 - chip.image_at
    assert ours.at == chip.image_at
    assert ours.micropython == "1.29.0"
    assert ours.data[:at] == theirs[:at]
    assert ours.data[at + 0xC00 :] == theirs[at + 0xC00 :]
    assert read_table(ours.data[at:]) == table


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no image"),
        (b"\xe9" * 100, "no image"),
        (b"PK" + image()[2:], "no image"),
        (image(chip_id=0), "is for ESP32, this board has an ESP32-S3"),
        (image(chip_id=77), "chip number 77"),
        (image(app=4 << 20), "have room"),
        (image()[:0x8000] + b"\xff" * 0x10000, "no partition table"),
    ],
    ids=range(7),
)
def test_images_that_will_not_do(data: bytes, words: str):
    table = parse_partitions((ROOT / "firmware" / "partitions-8MiB.csv").read_text(), "")
    with pytest.raises(DeviceError, match=words):
        made_ours(data, S3, table, "x.bin")


# --- esptool --------------------------------------------------------------------------------------------------------


def test_chip_and_flash_are_asked_before_anything_is_written(tmp_path: Path):
    folder = tmp_path / "tools"
    esptool(folder)
    board = identify_board(Tools(folder), "/dev/x")
    assert (board.chip, board.flash_bytes, board.mac) == (S3, 8 << 20, "7c:df:a1:00:11:22")
    expected = ["--chip", "auto", "--port", "/dev/x", "--before", "default-reset", "--after", "no-reset", "flash-id"]
    assert calls(folder, "esptool") == [["version"], expected]


def test_a_chip_of_another_kind_and_a_silent_one(tmp_path: Path):
    folder = tmp_path / "tools"
    esptool(folder, chip="ESP32-S2")
    with pytest.raises(DeviceError, match=r"has an ESP32-S2; .*another board"):
        identify_board(Tools(folder), "/dev/x")
    fake_tool(folder, "esptool", "print('esptool v5.6.0'); sys.exit(0 if arguments == ['version'] else 2)")
    with pytest.raises(DeviceError, match="hold BOOT"):
        identify_board(Tools(folder), "/dev/x")


def test_a_flash_too_small_is_refused_before_writing(tmp_path: Path):
    folder = tmp_path / "tools"
    esptool(folder, size="2MB")
    for name in ("mpremote", "mpy-cross"):
        fake_tool(folder, name, "print('v1.29.0 mpy v6.3')")
    file = tmp_path / "x.bin"
    file.write_bytes(image())
    with pytest.raises(DeviceError, match="has 2 MB of flash"):
        plan_flash(Site(Tools(folder), "/dev/x", "/dev/x"), find_sources(ROOT / "firmware"), file)
    assert not any("write-flash" in call for call in calls(folder, "esptool"))


def test_from_an_empty_board_to_an_answering_one(board: RealBoard, tmp_path: Path):
    folder = tmp_path / "tools"
    state = esptool(folder)
    source = write_firmware(tmp_path / "one", "1.0.0")
    for size in (4, 8):
        name = f"partitions-{size}MiB.csv"
        (source / name).write_bytes((ROOT / "firmware" / name).read_bytes())
    sources = find_sources(source)
    file = tmp_path / "micropython.bin"
    file.write_bytes(image())
    site = Site(Tools(folder), board.port, board.port)
    found, ours, words = plan_flash(site, sources, file)
    assert "erases all of it: samples not yet fetched, settings, calibration, pairings" in words
    assert "MicroPython 1.29.0" in words
    assert "partitions-8MiB.csv, 4096 KiB for samples" in words
    told: list[tuple[str, float]] = []
    done = flash(site, sources, found, ours, lambda what, share: told.append((what, share)))
    assert (done.version, done.slot) == ("1.0.0", "a")
    assert ("writing MicroPython", 0.5) in told
    assert state.read_bytes() == ours.data
    wrote, verified = calls(folder, "esptool")[2:]
    common = f"--chip esp32s3 --port {board.port} --baud 460800 --before default-reset".split()
    assert wrote[:-1] == [
        *common,
        *["--after", "no-reset", "write-flash", "--erase-all", "--flash-size", "detect", "0x0"],
    ]
    assert verified[:-1] == [*common, *["--after", "hard-reset", "verify-flash", "--flash-size", "detect", "0x0"]]


def test_flash_that_holds_something_else_is_said(tmp_path: Path):
    needs_the_tools()
    folder = tmp_path / "tools"
    state = esptool(
        folder,
        after=f"\nif 'write-flash' in arguments: open({str(tmp_path / 'tools' / 'flash.bin')!r}, 'ab').write(b'x')",
    )
    source = write_firmware(tmp_path / "one", "1.0.0")
    (source / "partitions-8MiB.csv").write_bytes((ROOT / "firmware" / "partitions-8MiB.csv").read_bytes())
    file = tmp_path / "micropython.bin"
    file.write_bytes(image())
    site = Site(Tools(folder), "/dev/x", "/dev/x")
    found, ours, _ = plan_flash(site, find_sources(source), file)
    with pytest.raises(DeviceError, match="holds something else than was written"):
        flash(site, find_sources(source), found, ours, lambda *_: None)
    assert state.exists()


# --- tools, sources, compiling --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("print('esptool.py v4.8.1')", r"is version 4\.8\.1; 5\.0 or newer but below 6"),
        ("print('esptool v6.0.0')", "is version 6"),
        ("print('esptool v5.0.0'); sys.exit(3)", "does not run"),
        ("print('hello')", "does not run"),
    ],
)
def test_versions_nobody_has_tried(tmp_path: Path, body: str, words: str):
    folder = tmp_path / "tools"
    fake_tool(folder, "esptool", body)
    with pytest.raises(DeviceError, match=words):
        Tools(folder).version(ESPTOOL)


def test_a_missing_tool_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(tools_module, "beside", lambda: tmp_path)
    with pytest.raises(DeviceError, match=r"esptool is not installed; pip install \"hiphinge\[device\]\""):
        Tools(tmp_path).version(ESPTOOL)


def test_a_tool_that_hangs_is_ended(tmp_path: Path):
    fake_tool(tmp_path / "tools", "esptool", "print('v5.1.0', flush=True)\nif arguments != ['version']: time.sleep(60)")
    with pytest.raises(DeviceError, match="not done after 1 s"):
        Tools(tmp_path / "tools").run(ESPTOOL, ["x"], timeout_s=0.6)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_real_firmware_compiles(architecture: str, tmp_path: Path):
    needs_the_tools()
    if not (ROOT / "firmware" / "main.py").exists():
        pytest.skip("the firmware has no main.py yet")
    sources = find_sources(ROOT / "firmware")
    built = compile_firmware(Tools(), sources, architecture, tmp_path)
    assert {"main.mpy", "hiphinge_wire/codec.mpy", "hiphinge_fw/core/fusion_kernels.mpy"} <= set(built.manifest)
    for name, (size, _) in built.manifest.items():
        data = (tmp_path / name).read_bytes()
        assert len(data) == size
        assert data[:2] == b"M\x06", "mpy version 6"
    native = (tmp_path / "hiphinge_fw/core/fusion_kernels.mpy").read_bytes()[2] >> 2 & 0xF
    assert mpy_of(native << 10 | 6).architecture == architecture
    assert version_of(sources)


def test_mpy_versions():
    needs_the_tools()
    assert emitted(Tools()) == (6, 3)
    check_mpy(Tools(), Mpy(6, 3, "xtensawin"))
    with pytest.raises(DeviceError, match="flash a newer MicroPython"):
        check_mpy(Tools(), Mpy(6, 2, "xtensawin"))
    with pytest.raises(DeviceError, match="update hiphinge"):
        check_mpy(Tools(), Mpy(7, 0, "xtensawin"))
    with pytest.raises(DeviceError, match="no native code"):
        check_mpy(Tools(), Mpy(6, 3, ""))


def test_what_is_no_firmware(tmp_path: Path):
    with pytest.raises(DeviceError, match=r"holds no main\.py"):
        find_sources(tmp_path)
    source = write_firmware(tmp_path / "one", "1.0.0")
    (source / "main.py").write_text("def (:\n")
    needs_the_tools()
    with pytest.raises(DeviceError, match=r"main\.py: does not compile for xtensawin"):
        compile_firmware(Tools(), find_sources(source), "xtensawin", tmp_path / "out")


@pytest.mark.parametrize(("megabytes", "name"), [(4, "4"), (8, "8"), (16, "8")])
def test_which_table_for_which_flash(megabytes: int, name: str):
    found = partition_file(find_sources(ROOT / "firmware"), megabytes << 20)
    assert found.name == f"partitions-{name}MiB.csv"


def test_chips_are_told_apart():
    assert [chip_called(chip.name) for chip in CHIPS] == list(CHIPS)
    assert json.dumps(sorted({chip.architecture for chip in CHIPS})) == json.dumps(sorted(ARCHITECTURES))
    assert MPY_CROSS.at_least >= (1, 24), "rv32imc came with 1.24"
