"""`hiphinge live` as it is typed: the address, the end, a port that is taken. Needs no browser."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

LIVE = (sys.executable, "-m", "hiphinge", "live", "--no-browser")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_serves_the_page_and_ends_with_the_recordings_place(tmp_path: Path, number: signal.Signals) -> None:
    command = [*LIVE, "--source", "virtual", "--port", "0", "--out", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            url = next(word for word in process.stderr.readline().split() if word.startswith("http"))
            assert url.startswith("http://127.0.0.1:")
            with urllib.request.urlopen(f"{url}train", timeout=90) as answer:
                assert answer.status == 200 and b"hiphinge" in answer.read()
            # The page comes first; the session begins behind it.
            until_s = time.monotonic() + 60
            while not list(tmp_path.glob("*/session.json")) and time.monotonic() < until_s:
                time.sleep(0.1)
            process.send_signal(number)
            out, err = process.communicate(timeout=90)
        finally:
            process.kill()
    assert process.returncode == 0 and out == "" and "Traceback" not in err
    (folder,) = tmp_path.iterdir()
    assert err.splitlines()[-1] == f"recorded in {folder}"
    assert json.loads((folder / "session.json").read_text(encoding="utf-8"))["state"] == "complete"


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        command = [*LIVE, "--port", str(port), "--out", str(tmp_path / "sessions")]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert ended.returncode == 1 and ended.stdout == ""
    assert ended.stderr.count("\n") == 1 and str(port) in ended.stderr
    assert not (tmp_path / "sessions").exists()
