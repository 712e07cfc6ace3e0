"""Tests over a virtual radio: bleak on a bumble central, bumble or MicroPython as the device."""

import logging
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

RIG = Path(__file__).resolve().parents[1] / "rig"
sys.path.insert(0, str(RIG / "radio"))
sys.path.insert(0, str(RIG))

# Without them nothing here can even be read: pip install -r tests/requirements.txt
collect_ignore_glob = [] if find_spec("bumble") and find_spec("bleak") else ["test_*.py"]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """bumble logs each packet nobody subscribed to, and there are many here."""
    logger = logging.getLogger("bumble")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    yield
    logger.setLevel(before)
