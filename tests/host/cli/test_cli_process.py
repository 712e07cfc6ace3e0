"""What only a process of its own shows: streams, pipes, signals, encodings."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

HIPHINGE = (sys.executable, "-m", "hiphinge")


def python_m(*arguments: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*HIPHINGE, *(str(argument) for argument in arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        check=False,
    )


def test_version_and_help_list_what_works():
    assert python_m("--version").stdout.startswith(b"hiphinge 0.")
    shown = python_m("--help")
    assert shown.returncode == 0 and shown.stderr == b""
    listed = shown.stdout.decode().partition("Commands:")[2].split("\n")
    offline = {"demo", "analyse", "report", "cohort", "assess", "simulate", "import", "export"}
    commands = offline | {"live", "record", "device", "devices", "bench"}
    assert {line.split()[0] for line in listed if line.strip()} == commands


def test_a_bad_file_is_one_line_and_exit_one(tmp_path: Path):
    ended = python_m("analyse", tmp_path / "none.csv")
    assert (ended.returncode, ended.stdout) == (1, b"")
    assert ended.stderr.decode() == f"{tmp_path / 'none.csv'}: no such file or folder; check the path\n"


def test_a_terminal_without_signs_gets_plain_ones(session: Path):
    ended = python_m("analyse", session, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ended.returncode == 0, ended.stderr
    shown = ended.stdout.decode("ascii")
    assert "x faulty" in shown and "+ compliant" in shown and "+-1." in shown


@pytest.mark.skipif(os.name == "nt", reason="POSIX pipes")
@pytest.mark.parametrize("arguments", [("--json", "-"), ("--angles", "-"), ()])
def test_a_reader_who_leaves_early_is_no_error(session: Path, arguments: tuple[str, ...]):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        ended = subprocess.run(
            [*HIPHINGE, "analyse", str(session), *arguments], stdout=writer, stderr=subprocess.PIPE, check=False
        )
    finally:
        os.close(writer)
    assert ended.stderr == b""
    assert ended.returncode in (0, 1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [("--json", "-"), ()])
def test_a_full_disk_behind_stdout_is_one_line(session: Path, arguments: tuple[str, ...]):
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [*HIPHINGE, "analyse", str(session), *arguments], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ended.returncode == 1
    assert ended.stderr.count(b"\n") == 1 and b"No space left" in ended.stderr


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_ctrl_c_is_a_word(tmp_path: Path):
    pipe = tmp_path / "endless.csv"
    os.mkfifo(pipe)  # nobody writes: reading lasts for ever
    running = subprocess.Popen([*HIPHINGE, "analyse", str(pipe)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    # Opening for writing succeeds only once the command reads.
    for _ in range(600):
        try:
            writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError:
            time.sleep(0.05)
    else:
        running.kill()
        pytest.fail("the command never opened the file")
    # A signal between opening and reading is noticed at the next byte only, and here none comes.
    time.sleep(0.5)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    os.close(writer)
    assert (running.returncode, out, err) == (130, b"", b"interrupted\n")
