"""The programme a session was trained by."""

from __future__ import annotations

from typing import Any

from hiphinge.model import SessionMeta
from hiphinge.programmes import Programme, ProgrammeError, builtin_names, load_programme
from hiphinge.programmes.parse import build

DEFAULT_PROGRAMME = "assisted"


def session_programme(meta: SessionMeta, preset: str | None = None) -> Programme:
    """The session's own programme: one of ours by name, or the user's own as kept with the session.

    Parameters
    ----------
    meta : SessionMeta
    preset : str, optional
        Instead of the session's own.

    Raises
    ------
    HiphingeError
        There is no such programme or preset here.
    """
    if meta.programme is None:
        return load_programme(DEFAULT_PROGRAMME, preset)
    preset = preset or meta.preset
    if not meta.own_programme:
        return load_programme(meta.programme, preset)
    own = build(meta.own_programme, f"the session's own programme {meta.programme}")
    if preset is None or preset == own.preset:
        return own
    if preset not in own.presets:
        raise ProgrammeError(f"programme {own.name} has no preset {preset}; it has {', '.join(own.presets)}")
    return own.model_copy(update={"preset": preset})


def kept(programme: Programme) -> dict[str, Any]:
    """What a session keeps of a programme beside its name: all of it, where it is none of ours."""
    ours = programme.name in builtin_names() and programme == load_programme(programme.name, programme.preset)
    return {} if ours else programme.model_dump(mode="json")
