"""One simulated session, analysed once for all tests of the exports."""

import pytest
from export_samples import a_session

from hiphinge.files.export.content import Content
from hiphinge.files.export.segments import SegmentOrientations, segment_orientations


@pytest.fixture(scope="session")
def content() -> Content:
    return a_session()


@pytest.fixture(scope="session")
def segments(content: Content) -> SegmentOrientations:
    return segment_orientations(content.recording, content.analysed.calibration)
