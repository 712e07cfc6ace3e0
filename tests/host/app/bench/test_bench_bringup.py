"""The bring-up sheet: filled in by the device, blanks for the rest, never over an older one."""

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hiphinge.app.bench import bringup
from hiphinge.app.device.reach import reach, run
from hiphinge.app.device.selftest import STEPS, Step
from hiphinge.cli.run import run as command

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def found() -> bringup.BringUp:
    return run(reach("virtual"), bringup.bring_up)


def test_every_step_is_there_with_what_was_expected_and_seen(found: bringup.BringUp):
    html = bringup.sheet(found, AT, {"hiphinge": "0"})
    rows = re.findall(r"<tr><th scope=\"row\">([^<]+)</th><td>(\w+)</td><td class=\"num\">([^<]+)</td>", html)
    assert len(rows) == len(found.tested.steps)
    assert ("identity", "sacral", "0x70") in rows
    assert ("gyroscope's own test, z".replace("'", "&#39;"), "thoracic", "150 to 700 deg/s") in rows
    assert "All 21 steps passed." in html
    assert "virtual V0001" in html
    assert "1 March 2026" in html


def test_what_no_self_test_sees_has_a_blank(found: bringup.BringUp):
    html = bringup.sheet(found, AT, {})
    assert html.count('class="box"') == len(bringup.LOOKS) + 2
    for one in bringup.readings():
        assert f"{one.low:g} to {one.high:g} {one.unit}" in html
    assert {one.what for one in bringup.readings()} >= {"waiting", "recording", "asleep", "charging"}
    assert "no device has been measured yet" in " ".join(html.split())
    assert not re.search(r"(?:src|href)=\"(?!#)|<script|@import|url\((?!#)", html)


def test_a_failed_step_says_what_to_do(found: bringup.BringUp):
    steps = (
        Step("identity", "thoracic", "fail", 112, 112, -1),
        Step("battery", "device", "skipped", 3300, 4300, 0),
        Step("memory", "device", "pass", 8000, 0x7FFFFFFF, 90_000),
    )
    bad = replace(found, tested=replace(found.tested, steps=steps))
    html = bringup.sheet(bad, AT, {}, by="<b>Anna</b>")
    assert "1 of 3 steps failed, 1 left out." in html
    assert "no answer" in html
    assert "identity, thoracic: wiring, ADDR jumper, cable" in html
    assert "at least 8000 bytes" in html
    assert "&lt;b&gt;Anna&lt;/b&gt;" in html
    assert not bringup.passed(bad)
    assert bringup.passed(found)


def test_every_step_of_the_wire_has_words():
    for name in STEPS.values():
        row = bringup.said_of(Step(name, "device", "fail", 1, 2, 0))
        assert row["remedy"]


@given(st.text(max_size=60))
def test_a_sheets_name_is_a_file_name_whatever_the_serial(serial: str):
    name = bringup.sheet_name(serial, AT)
    assert re.fullmatch(r"bring-up-[A-Za-z0-9-]{1,40}-2026-03-01\.html", name)
    assert Path(name).name == name


def test_an_older_sheet_is_not_written_over(tmp_path: Path):
    assert command(["bench", "bring-up", "--port", "virtual", "-o", str(tmp_path / "sheets")]) == 0
    (first,) = (tmp_path / "sheets").iterdir()
    first.write_text("filled in by hand")
    assert command(["bench", "bring-up", "--port", "virtual", "-o", str(tmp_path / "sheets")]) == 0
    assert first.read_text() == "filled in by hand"
    assert {path.name for path in (tmp_path / "sheets").iterdir()} == {first.name, f"{first.stem}-2.html"}


def test_a_device_that_fails_has_a_sheet_and_exit_code_1(
    found: bringup.BringUp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    bad = replace(found.tested, steps=(Step("store", "device", "fail", 0, 0, 3),))

    async def failing(_: object) -> bringup.BringUp:
        await asyncio.sleep(0)
        return replace(found, tested=bad)

    monkeypatch.setattr(bringup, "bring_up", failing)
    assert command(["bench", "bring-up", "--port", "virtual", "-o", str(tmp_path)]) == 1
    assert "fail" in capsys.readouterr().out
    assert len(list(tmp_path.iterdir())) == 1


def test_no_such_port_and_no_such_folder_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "file").write_text("")
    for arguments in (["--port", "none-such"], ["--port", "virtual", "-o", str(tmp_path / "file")]):
        assert command(["bench", "bring-up", *arguments]) == 1
        assert len(capsys.readouterr().err.strip().splitlines()) == 1
