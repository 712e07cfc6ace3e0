"""`hiphinge device erase` in this process: exit codes and lines; over the radio see tests/radio/test_ble_erase.py."""

import io

import pytest
from command_line import hiphinge


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]):
    ended = hiphinge(capsys, "device", "erase", "--help")
    assert ended.code == 0
    assert "hiphinge device erase --source ble:anna" in ended.out


@pytest.mark.parametrize(("options", "words"), [((), "all pairings, its name"), (("--samples-only",), "fetched\n")])
def test_it_says_what_was_erased(capsys: pytest.CaptureFixture[str], options: tuple[str, ...], words: str):
    ended = hiphinge(capsys, "device", "erase", "--source", "virtual", "--yes", *options)
    assert ended.code == 0
    assert "virtual V0001 at virtual: erased samples nobody has fetched" in ended.err and words in ended.err


@pytest.mark.parametrize("source", ["ble:", "bl", "serial:", "", "replay:x"])
def test_another_source_is_refused_in_one_line(capsys: pytest.CaptureFixture[str], source: str):
    ended = hiphinge(capsys, "device", "erase", "--source", source, "--yes")
    assert ended.code == 1
    assert f'source "{source}" is not known' in ended.err and ended.err.count("\n") == 1


def test_nobody_to_ask_means_nothing_is_erased(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    ended = hiphinge(capsys, "device", "erase", "--source", "virtual")
    assert ended.code == 1
    assert "give --yes" in ended.err
