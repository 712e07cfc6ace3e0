"""Boards and tools for the tests of `hiphinge device`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from real_board import RealBoard, needs_the_tools


@pytest.fixture
def board(tmp_path: Path) -> Iterator[RealBoard]:
    needs_the_tools()
    made = RealBoard(tmp_path)
    yield made
    made.close()
