"""What is kept of a person between sessions: the own maximum flexion, in a small JSON file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from hiphinge import __version__
from hiphinge.app.assess import Assessment
from hiphinge.app.results import number
from hiphinge.files.json_text import read_json, write_json

SCHEMA = "hiphinge.person/1"

# The largest free lumbar flexion read anywhere for this placement is 69 deg; beyond 120 a number is a slip.
_LARGEST_DEG = 120.0


class PersonFile(BaseModel):
    """The fields `analyse --person` needs; others are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    schema_: Literal["hiphinge.person/1"] = Field(alias="schema")
    person: str | None = None
    own_max_flexion_deg: Annotated[float, Field(gt=0, le=_LARGEST_DEG, allow_inf_nan=False)]


def read_person(path: Path) -> PersonFile:
    """Read a person's file.

    Raises
    ------
    SessionError
        One line which names the file and the field.
    """
    return read_json(path, PersonFile)


def person_dict(found: Assessment, person: str | None, source: str, assessed_at: str | None) -> dict[str, Any]:
    """Give the JSON form of an assessment.

    Parameters
    ----------
    found : Assessment
    person : str or None
        Name or number of the person.
    source : str
        The recording.
    assessed_at : str or None
        When it was recorded, ISO 8601.

    Returns
    -------
    dict
    """
    return {
        "schema": SCHEMA,
        "version": __version__,
        "person": person,
        "assessed_at": assessed_at,
        "own_max_flexion_deg": number(found.own_max_flexion_deg, 3),
        "own_max_flexion_sd_deg": number(found.sd_deg, 3),
        "mean_deg": number(found.mean_deg, 3),
        "spread_sd_deg": number(found.spread_sd_deg, 3),
        "bends": [
            {
                "start_s": number(bend.start_s, 4),
                "lumbar_flexion_deg": number(bend.lumbar_flexion_deg, 3),
                "lumbar_flexion_sd_deg": number(bend.lumbar_flexion_sd_deg, 3),
                "used": not bend.left_out,
            }
            for bend in found.bends
        ],
        "session": source,
    }


def write_person(path: Path, values: dict[str, Any]) -> None:
    """Write a person's file, whole or not at all.

    Raises
    ------
    SessionError
        The file could not be written.
    """
    write_json(path, values)
