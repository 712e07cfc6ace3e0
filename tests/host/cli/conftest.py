"""Sessions simulated once for all tests of the command line."""

from pathlib import Path

import pytest
from command_line import write_simulated


@pytest.fixture(scope="session")
def simulated_csv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration's session: ten repetitions, five of them faulty."""
    return write_simulated(tmp_path_factory.mktemp("sessions") / "demo.csv")


@pytest.fixture
def session(simulated_csv: Path, tmp_path: Path) -> Path:
    """A copy to play with."""
    copy = tmp_path / "demo.csv"
    copy.write_bytes(simulated_csv.read_bytes())
    return copy
