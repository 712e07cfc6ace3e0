"""Sessions simulated once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hiphinge.app.analyse import Request, Result, analyse_recording
from hiphinge.files.csv_writer import write_csv
from hiphinge.files.session import write_session
from hiphinge.model import Recording, SessionMeta
from hiphinge.simulate import Scenario, set_with_faults, simulate


@pytest.fixture(scope="session")
def recording() -> Recording:
    """Three repetitions, the second with plain flexion."""
    repetitions = set_with_faults(3, {2: "flexion"}, np.random.default_rng(4))
    return simulate(Scenario(seed=4, sets=(repetitions,), mounting="random")).recording


@pytest.fixture(scope="session")
def one_csv(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("one") / "one.csv"
    write_csv(path, recording)
    return path


@pytest.fixture
def study(recording: Recording, one_csv: Path, tmp_path: Path) -> Path:
    """A session folder with its person, a lone CSV deeper down, and a broken file."""
    root = tmp_path / "study"
    meta = SessionMeta(person="=anna", started_at="2025-03-01T09:30:00+01:00", pain_0_10=3, load_kg=12.5)
    write_session(root / "monday", replace(recording, meta=meta))
    (root / "monday" / "angles.csv").write_text("time_s\n")
    (root / "deep" / "er").mkdir(parents=True)
    (root / "deep" / "er" / "tuesday.CSV").write_bytes(one_csv.read_bytes())
    (root / "broken.csv").write_text("time_s,foo\n1,2\n")
    return root


@pytest.fixture(scope="session")
def result(recording: Recording) -> Result:
    return analyse_recording(recording, Request())


@pytest.fixture
def canned(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every session that can be read gives the same result at once: for tests of everything but the analysis."""

    def analysed(recording: Recording, *_: object) -> Result:
        return replace(result, recording=recording)

    monkeypatch.setattr("hiphinge.app.cohort.work.analyse_recording", analysed)
