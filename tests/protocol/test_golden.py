import json
import sys
from pathlib import Path

import golden
import pytest
from interpreters import CODEC, micropython, output

from hiphinge_wire.codec import REPLIES, REQUESTS

RUNNER = Path(__file__).parent / "golden_runner.py"


@pytest.mark.parametrize("name", list(golden.build()))
def test_golden_files_are_what_the_codec_makes(name: str):
    path = golden.FOLDER / name
    assert path.read_text(encoding="utf-8") == golden.build()[name], "python tests/protocol/golden.py --write, and look"


def test_every_message_has_golden_frames_at_its_limits():
    for file, classes in (("requests.json", REQUESTS), ("replies.json", REPLIES)):
        names = {case["name"] for case in json.loads((golden.FOLDER / file).read_text(encoding="utf-8"))}
        for kind in classes.values():
            for what in ("smallest", "largest"):
                assert f"{kind.__name__} {what}" in names


def cases() -> int:
    files = {name: json.loads((golden.FOLDER / name).read_text(encoding="utf-8")) for name in golden.build()}
    packets = files.pop("packets.json")
    return sum(map(len, files.values())) + sum(len(packets[key]) for key in ("fragments", "frames", "adverts")) + 1


def test_golden_frames_on_cpython():
    assert output(sys.executable, str(RUNNER), str(CODEC), str(golden.FOLDER)) == f"golden {cases()}"


def test_golden_frames_on_micropython():
    assert output(micropython(), str(RUNNER), str(CODEC), str(golden.FOLDER)) == f"golden {cases()}"
