"""Options that several commands share: one name, one meaning, one help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

EachProgramme: TypeAlias = Annotated[
    str | None, typer.Option(metavar="P", help="As in analyse. Default: each session's own, else assisted.")
]
Preset: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="strict or lenient (or your own file's).")]
OwnMaxFlexion: TypeAlias = Annotated[
    float | None, typer.Option(metavar="DEG", min=1, max=120, help="The wearer's own maximum lumbar flexion.")
]
Person: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FILE", help="The own maximum, as saved by assess --save.")
]
Rest: TypeAlias = Annotated[
    float | None, typer.Option(metavar="S", min=1, max=600, help="Attempts further apart are different sets.")
]
Live: TypeAlias = Annotated[bool, typer.Option("--live", help="What would have been shown live, from the past alone.")]
GivenCalibration: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="F", help="Take a saved calibration instead of finding one.")
]
Recalibrate: TypeAlias = Annotated[
    bool, typer.Option("--recalibrate", help="Leave aside a calibration saved with the session.")
]
