"""Constants and unused parts of a firmware: numbers for names, and what nobody mentions goes; line by line the same."""

import pytest

from hiphinge.device.folding import fold
from hiphinge.device.sources import find_sources

CONSTANTS = "from micropython import const\n\nLOW = 2\nHIGH = const(LOW << 3 | 1)\nBELOW = -LOW\nNAME = 'x'\n"


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def folded(main: str, constants: str = CONSTANTS) -> tuple[list[str], list[str]]:
    out = fold({"main.py": main, "pack/numbers.py": constants, "pack/__init__.py": ""})
    return lines(out["main.py"]), lines(out["pack/numbers.py"])


@pytest.mark.parametrize(
    ("main", "left"),
    [
        ("from pack.numbers import LOW, HIGH\nprint(LOW + HIGH)\n", ["print(2 + 17)"]),
        ("from pack import numbers\nprint(numbers.HIGH, numbers.BELOW)\n", ["print(17, (-2))"]),
        ("from pack.numbers import (\n    LOW as A,\n    NAME,\n)\nprint(A, NAME)\n", ["print(2, NAME)"]),
        ("def f():\n    from pack.numbers import LOW\n    return 1 - LOW\nf()\n", ["def f():", "pass", "return 1 - 2"]),
        ("from pack.numbers import BELOW\nprint(BELOW ** 2)\n", ["print((-2) ** 2)"]),
    ],
)
def test_numbers_take_the_place_of_names(main: str, left: list[str]):
    seen, _ = folded(main)
    assert [line for line in left if line not in seen] == []
    assert not any("LOW" in line or "HIGH" in line for line in seen)


def test_what_is_folded_everywhere_goes():
    _, numbers = folded("from pack.numbers import LOW, HIGH, NAME\nprint(LOW, HIGH, NAME)\n")
    assert numbers == ["NAME = 'x'"]


@pytest.mark.parametrize(
    "main",
    [
        "from pack.numbers import LOW\ndef f(LOW):\n    return LOW\nprint(f(1), LOW)\n",
        "from pack.numbers import LOW\nfor LOW in range(3):\n    print(LOW)\n",
        "from pack.numbers import LOW\nprint(f'{LOW}')\n",
        "from pack import numbers\nprint(getattr(numbers, 'LOW'))\n",
        "try:\n    from pack.numbers import LOW\nexcept ImportError:\n    from other import LOW\nprint(LOW)\n",
    ],
)
def test_what_may_be_something_else_stays(main: str):
    seen, numbers = folded(main)
    assert seen == lines(main)
    assert "LOW = 2" in numbers


def test_a_name_bound_twice_is_no_constant():
    main = "from pack.numbers import LOW\nprint(LOW)\n"
    assert folded(main, "LOW = 2\nif not LOW:\n    LOW = 3\n")[0] == lines(main)
    assert folded(main, "LOW = 2\ndef set():\n    global LOW\n    LOW = 4\nset()\n")[0] == lines(main)


def test_parts_nobody_mentions_go_and_what_only_they_used():
    numbers = (
        '"""Says idle."""\nimport math\n\n@math.wraps\ndef idle():\n    return deep()\n\ndef deep():\n    return 1\n'
    )
    numbers += "class Used:\n    pass\n\ndef named():\n    pass\n"
    main = (
        "from pack import numbers\nfrom pack.numbers import Used as Driver\nprint(Driver, getattr(numbers, 'named'))\n"
    )
    _, left = folded(main, numbers)
    assert left == ['"""Says idle."""', "import math", "class Used:", "pass", "def named():", "pass"]


def test_lines_keep_their_numbers():
    sources = find_sources()
    before = {name: path.read_text(encoding="utf-8") for name, path in sources.files.items()}
    after = fold(before)
    assert {name: text.count("\n") for name, text in after.items()} == {
        name: text.count("\n") for name, text in before.items()
    }
    # What it is for: the host's side of the codec stays at home.
    assert "class Block" in before["hiphinge_wire/block.py"]
    assert "class Block" not in after["hiphinge_wire/block.py"]
    assert lines(after["hiphinge_wire/constants.py"])[-1].startswith("return")
    # Other boards are chosen by a line at the end of board.py: those in use stay.
    assert "class Esp32(" in after["board.py"]
