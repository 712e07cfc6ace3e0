"""The bench report as one HTML page: style and rules of the session report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from markupsafe import Markup

from hiphinge.app.bench.figures import figure
from hiphinge.app.bench.findings import Findings
from hiphinge.report.page import rendered
from hiphinge.report.words import moment, plain

# What the session report does not have: tables of text and numbers mixed, and lines to be filled in by hand.
_MORE = (
    ".bench{margin:18px 0 8px;min-width:620px}.bench th:first-child,.bench td:first-child{text-align:left}"
    ".bench td{white-space:nowrap}.say{margin-top:14px}"
    ".steps{margin:12px 0}.steps th,.steps td{text-align:left}.steps td.fail{font-weight:600;color:var(--vermillion)}"
    ".steps .num{text-align:right}.blank{display:inline-block;min-width:9em;border-bottom:1px solid var(--ink)}"
    ".box{display:inline-block;width:1em;height:1em;border:1px solid var(--ink);vertical-align:-.15em}"
    "@media print{.facts{break-after:avoid}.bench{min-width:0;font-size:7.6pt}.bench th,.bench td{padding:2pt 3pt}}"
)


def bench_page(template: str, values: Mapping[str, object]) -> str:
    """A page from one of our templates, in the session report's style and ours."""
    return rendered(template, values, "hiphinge.app.bench", _MORE)


def bench_html(found: Sequence[Findings], made_at: datetime, versions: Mapping[str, str]) -> str:
    """The report of bench sessions, in their order."""
    sections = [
        {
            "key": f"b{at}",
            "title": one.title,
            "facts": _facts(one),
            "tables": [(plain(t.caption), t.heads, t.rows) for t in one.tables],
            "sentences": one.sentences,
            "warnings": [plain(words) for words in one.warnings],
            "svg": Markup(figure(one, f"b{at}f")),
        }
        for at, one in enumerate(found)
    ]
    devices = sorted({plain(one.bench.device, 80) for one in found if one.bench.device})
    values = {
        "title": ", ".join(devices) or "Bench validation",
        "made_at": moment(made_at.isoformat()),
        "versions": list(versions.items()),
        "sections": sections,
    }
    return bench_page("bench.html", values)


def _facts(found: Findings) -> list[tuple[str, str]]:
    stages = found.bench.stages
    seconds = sum(stage.to_s - stage.from_s for stage in stages)
    facts = [
        ("Session", found.name),
        ("Device", found.bench.device),
        ("Known from", found.bench.reference),
        ("Stages", f"{len(stages)}, {seconds:.0f} s together"),
    ]
    return [(label, plain(value)) for label, value in facts if value]
