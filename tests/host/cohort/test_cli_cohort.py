"""`hiphinge cohort`: words, exit codes, interrupts."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra cohort is not installed")

from cohorts import attempts_of, multiply, serially, sessions_of

PROGRAM = Path(__file__).with_name("cohort_program.py")


def command(*arguments: object) -> list[str]:
    return [sys.executable, str(PROGRAM), "cohort", *map(str, arguments)]


def cohort(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=False, timeout=120)


def started(root: Path, out: Path) -> subprocess.Popen[str]:
    """A run of which at least one part is there, in a process group of its own as in a terminal."""
    process = subprocess.Popen(
        command(root, "-o", out, "--workers", 2), stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    until_s = time.monotonic() + 60
    while not list((out / "sessions").glob("*.parquet")):
        assert process.poll() is None and time.monotonic() < until_s
        time.sleep(0.05)
    return process


def test_help_has_an_example():
    ended = cohort("--help")
    assert ended.returncode == 0 and "hiphinge cohort study/ -o results/" in ended.stdout


def test_a_study_from_the_command_line(study: Path, tmp_path: Path):
    out = tmp_path / "out"
    ended = cohort(study, "-o", out, "--workers", 1, "--programme", "unassisted")
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr
    assert ended.stderr.splitlines() == [
        "3 sessions: 2 analysed, 1 with errors, 6 attempts",
        f"wrote {out}: sessions/*.parquet and attempts/*.parquet",
    ]
    again = cohort(study, "-o", out, "--workers", 1, "--programme", "unassisted")
    assert again.returncode == 0 and again.stderr.startswith("nothing to do; 3 done before\n")
    assert set(attempts_of(out)["programme"]) == {"unassisted"}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere", "-o", "out"), 1, "nowhere: cannot be listed (No such file or directory)"),
        ((".",), 2, "--out"),
        ((".", "-o", "out", "--workers", "0"), 2, "--workers"),
        ((".", "-o", "out", "--scheduler", "tcp://127.0.0.1:9", "--workers", "2"), 2, "--workers and --memory"),
        ((".", "-o", "out", "--programme", "asisted"), 1, "asisted"),
        ((".", "-o", "out", "--memory", "lots"), 1, "check --memory"),
    ],
)
def test_slips_are_told_in_one_line(
    arguments: tuple[str, ...], code: int, words: str, study: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(study)
    ended = cohort(*arguments)
    assert ended.returncode == code and words in ended.stderr and "Traceback" not in ended.stderr
    if code == 1:
        assert len(ended.stderr.splitlines()) == 1


def test_a_cohort_of_which_nothing_can_be_analysed_could_not_be_done(tmp_path: Path):
    root = tmp_path / "root"
    root.mkdir()
    (root / "a.csv").write_text("nonsense\n")
    assert cohort(root, "-o", tmp_path / "out", "--workers", 1).returncode == 1
    assert sessions_of(tmp_path / "out").height == 1


def test_without_dask_it_says_how_to_get_it(tmp_path: Path, study: Path):
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    for name in ("dask", "distributed"):
        (hidden / f"{name}.py").write_text(f"raise ModuleNotFoundError('No module named {name}', name='{name}')\n")
    environment = {**os.environ, "PYTHONPATH": str(hidden)}
    ended = subprocess.run(
        command(study, "-o", tmp_path / "out"), capture_output=True, text=True, check=False, env=environment
    )
    assert ended.returncode == 1
    assert ended.stderr == 'cohort needs Dask, which is not installed; pip install "hiphinge[cohort]"\n'


@pytest.mark.skipif(os.name != "posix", reason="signals of Unix")
@pytest.mark.parametrize("how", ["Ctrl-C", "interrupt", "terminate", "kill"])
def test_a_run_that_is_stopped_can_go_on(how: str, one_csv: Path, tmp_path: Path):
    root, out = multiply(one_csv, tmp_path / "root", 14), tmp_path / "out"
    process = started(root, out)
    if how == "Ctrl-C":  # a terminal tells the workers, too
        os.killpg(process.pid, signal.SIGINT)
    else:
        process.send_signal({"interrupt": signal.SIGINT, "terminate": signal.SIGTERM, "kill": signal.SIGKILL}[how])
    _, said = process.communicate(timeout=60)
    if how in ("Ctrl-C", "interrupt"):
        assert process.returncode == 130
        assert "the same command goes on from there\ninterrupted\n" in said and "Traceback" not in said
        assert len(said.splitlines()) == 2, said
    done = sessions_of(out).height
    assert 0 < done < 14
    assert _workers_end(process.pid)
    ended = cohort(root, "-o", out, "--workers", 1)
    assert ended.returncode == 0 and f"{done} done before" in ended.stderr
    serially(root, tmp_path / "plain")
    assert sessions_of(out).equals(sessions_of(tmp_path / "plain"))
    assert attempts_of(out).equals(attempts_of(tmp_path / "plain"))


def _workers_end(group: int) -> bool:
    """Whether no process of the group is left within a while."""
    for _ in range(200):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
