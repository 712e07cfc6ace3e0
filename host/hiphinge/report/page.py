"""The page: everything gathered, escaped, and put into one HTML text that needs nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from hiphinge.report.angle_angle import angle_angle, own_ranges
from hiphinge.report.cards import counted
from hiphinge.report.comparison import cautions, count_rows, measure_rows
from hiphinge.report.content import ReportSession
from hiphinge.report.session_view import View, facts, session_view
from hiphinge.report.style import SESSION_STYLE
from hiphinge.report.trend import trends_together
from hiphinge.report.words import moment, plain

TEMPLATE = "report.html"
STYLES = "report.css"
_FIGURES = ("svg", "angle_angle", "trend")


def report_html(sessions: Sequence[ReportSession], made_at: datetime, versions: Mapping[str, str]) -> str:
    """Write a report of one session, or of several side by side.

    Parameters
    ----------
    sessions : sequence of ReportSession
        At least one; several are compared with the first.
    made_at : datetime
    versions : mapping
        Names and versions of the software behind it.

    Returns
    -------
    str
        HTML: static, without scripts, references or anything that could be one. Equal for equal arguments.

    Raises
    ------
    ValueError
        No session.
    """
    if not sessions:
        raise ValueError("a report needs a session")
    several = len(sessions) > 1
    letters = [_letter(at) if several else "" for at in range(len(sessions))]
    views = [
        session_view(one, f"s{at}", letter) for at, (one, letter) in enumerate(zip(sessions, letters, strict=True))
    ]
    page = {
        "title": _title(sessions),
        "made_at": moment(made_at.isoformat()),
        "versions": [(plain(name, 80), plain(version, 80)) for name, version in versions.items()],
        "sessions": [_trusted(view) for view in views],
        "comparison": _comparison(sessions, letters) if several else None,
    }
    return rendered(TEMPLATE, page)


def rendered(template: str, page: Mapping[str, object], package: str = "hiphinge.report", more_css: str = "") -> str:
    """A page in our style from a template that extends `document.html`: escaped, and nothing in it can be a script.

    Parameters
    ----------
    template : str
    page : mapping
        What the template names, and `title`.
    package : str
        In whose folder `templates` it lies.
    more_css : str
        Rules of its own.
    """
    css = files("hiphinge.report").joinpath("templates", STYLES).read_text(encoding="utf-8") + more_css
    safe = {**page, "css": Markup(css), "csp": content_security_policy(css)}
    return _environment(package).get_template(template).render(safe)


def content_security_policy(css: str) -> str:
    """Allow this style sheet, and nothing else at all."""
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _environment(package: str) -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("hiphinge.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _letter(at: int) -> str:
    return chr(ord("A") + at) if at < 26 else str(at + 1)


def _title(sessions: Sequence[ReportSession]) -> str:
    people = {plain(one.recording.meta.person, 80) for one in sessions if one.recording.meta.person}
    if len(people) == 1 and all(one.recording.meta.person for one in sessions):
        return people.pop()
    return "Hip hinge session" if len(sessions) == 1 else f"{len(sessions)} sessions side by side"


def _trusted(view: View) -> View:
    """Let our own figures through as they are. They hold numbers and our own words, no text of anybody's file."""
    made = {name: Markup(view[name]) for name in _FIGURES if name in view}
    return {
        **view,
        **made,
        "timelines": [(title, Markup(svg)) for title, svg in view["timelines"]],
        "cards": [{**card, "svg": Markup(card["svg"])} for card in view["cards"]],
    }


def _comparison(sessions: Sequence[ReportSession], letters: Sequence[str]) -> View:
    known = [dict(facts(one)) for one in sessions]
    labels = [label for label in ("Recorded", "Programme", "Stance", "Load", "Pain") if any(label in k for k in known)]
    ranges = [own_ranges(one) for one in sessions]
    common = tuple((min(pair[axis][0] for pair in ranges), max(pair[axis][1] for pair in ranges)) for axis in (0, 1))
    panels = [
        (letter, plain(one.name), angle_angle(one, f"p{at}", f"Session {letter}", (common[0], common[1])))
        for at, (one, letter) in enumerate(zip(sessions, letters, strict=True))
        if counted(one.analysis.attempts)
    ]
    return {
        "heads": [(letter, plain(one.name, 80)) for letter, one in zip(letters, sessions, strict=True)],
        "facts": [(label, [one.get(label, "–") for one in known]) for label in labels],
        "counts": count_rows(sessions),
        "measures": measure_rows(sessions),
        "cautions": cautions(sessions),
        "panels": [(letter, name, Markup(svg)) for letter, name, svg in panels],
        "trend": Markup(trends_together(sessions, "pt", "Measures of all sessions, repetition by repetition")),
        "styles": [(letter, at % len(SESSION_STYLE)) for at, letter in enumerate(letters)],
    }
