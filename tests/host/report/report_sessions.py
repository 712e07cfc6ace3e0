"""Sessions to report on, analysed once."""

from dataclasses import replace
from datetime import datetime
from functools import cache
from html.parser import HTMLParser

import numpy as np

from hiphinge.analysis import analyse
from hiphinge.model import Analysis, Angles, Attempt
from hiphinge.programmes import load_programme, resolve_limits
from hiphinge.report.content import ReportSession
from hiphinge.report.page import report_html
from hiphinge.simulate import default_scenario, simulate

MADE_AT = datetime(2026, 11, 22, 12, 0)
VERSIONS = {"hiphinge": "0.0.test"}


@cache
def demo_session(seed: int = 0) -> ReportSession:
    """The demonstration's ten repetitions, five of them faulty."""
    programme = load_programme("assisted")
    limits = resolve_limits(programme)
    recording = simulate(default_scenario(seed)).recording
    return ReportSession(
        name="demo",
        recording=recording,
        analysis=analyse(recording, limits),
        limits=limits,
        programme=programme.name,
        programme_title=programme.title,
        preset=programme.preset,
        rest_s=programme.rest_s,
        live=False,
        calibration_from="found in the recording",
        progress="Not yet: 1 set done, the rule looks at the last 3.",
    )


def repeated(times: int) -> ReportSession:
    """The demonstration again and again, a set each time."""
    session = demo_session()
    angles, attempts = session.analysis.angles, session.analysis.attempts
    length_s = float(angles.time_s[-1]) + 0.01
    columns = {name: np.tile(getattr(angles, name), times) for name in Angles.__dataclass_fields__ if name != "time_s"}
    time_s = np.concatenate([angles.time_s + at * length_s for at in range(times)])
    many = [later(one, at, at * length_s, len(attempts)) for at in range(times) for one in attempts]
    analysis: Analysis = replace(session.analysis, angles=Angles(time_s=time_s, **columns), attempts=tuple(many))
    return replace(session, recording=replace(session.recording, time_s=time_s), analysis=analysis)


def later(one: Attempt, at: int, by_s: float, each: int) -> Attempt:
    """An attempt as one of a later set."""
    return replace(
        one,
        index=one.index + at * each,
        set=at + 1,
        start_s=one.start_s + by_s,
        bottom_s=one.bottom_s + by_s,
        end_s=one.end_s + by_s,
        decided_s=one.decided_s + by_s,
        faults=tuple(replace(fault, at_s=fault.at_s + by_s) for fault in one.faults),
        doubts=tuple(replace(doubt, at_s=doubt.at_s + by_s) for doubt in one.doubts),
    )


def page(*sessions: ReportSession) -> str:
    return report_html(sessions or (demo_session(),), MADE_AT, VERSIONS)


class Page(HTMLParser):
    """Every element with its attributes, in order, and all text outside styles."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.style = ""
        self._within = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._within = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - its name is given
        self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "style":
            self.style += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]
