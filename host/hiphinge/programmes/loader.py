"""Programmes from the package or from a user's file: the one module here that reads files."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from hiphinge.programmes.limits import ProgrammeError, did_you_mean
from hiphinge.programmes.parse import Table, build, merge, parse_toml
from hiphinge.programmes.spec import Programme

_BUILTIN = ("assisted", "unassisted", "loaded-split-rdl")  # in the order they are trained
_ENDING = ".toml"


def builtin_names() -> tuple[str, ...]:
    """Names of the progressions that come with the package, in the order they are trained."""
    return _BUILTIN


def load_programme(name_or_path: str | Path, preset: str | None = None) -> Programme:
    """Read one of our programmes by name, or a user's own file.

    Parameters
    ----------
    name_or_path : str or Path
        A name out of `builtin_names()`, or a TOML file. A Path is always a file. A file may begin with
        ``extends = "assisted"`` (or another file, relative to itself) and state only what differs.
    preset : str, optional
        The preset to use instead of the programme's own.

    Returns
    -------
    Programme

    Raises
    ------
    ProgrammeError
        One line: file, field, what is wrong, what to do.
    """
    if isinstance(name_or_path, str) and name_or_path in _BUILTIN:
        label, programme = f'programme "{name_or_path}"', _builtin(name_or_path)
    else:
        path = Path(name_or_path)
        if isinstance(name_or_path, str) and not _meant_as_file(path, name_or_path):
            raise ProgrammeError(f"programme {did_you_mean(name_or_path, _BUILTIN)} (your own file ends in {_ENDING})")
        label, programme = str(path), build(_merged(path, ()), str(path))
    if preset is None:
        return programme
    if preset not in programme.presets:
        raise ProgrammeError(f"{label}: preset {did_you_mean(preset, tuple(programme.presets))}")
    return programme.model_copy(update={"preset": preset})


def _meant_as_file(path: Path, text: str) -> bool:
    return path.suffix.lower() == _ENDING or path.name != text or _exists(path)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name too long, or with a zero byte
        return False


def _builtin(name: str) -> Programme:
    return build(_builtin_table(name), f"{name}{_ENDING}")


def _builtin_table(name: str) -> Table:
    text = files("hiphinge.programmes").joinpath(f"{name}{_ENDING}").read_text(encoding="utf-8")
    return parse_toml(text, f"{name}{_ENDING}")


def _merged(path: Path, chain: tuple[Path, ...]) -> Table:
    """The file's tables, laid over those of what it extends; every file on the way is checked under its own name."""
    own = parse_toml(_text(path), str(path))
    chain = (*chain, path.resolve())
    # A file that extends another is another programme: reports must not call it by the other's name.
    own.setdefault("name", path.stem)
    if "extends" not in own:
        return own
    extends = own.pop("extends")
    if not isinstance(extends, str):
        raise ProgrammeError(f'{path}: extends: write one name in quotes, such as "assisted"')
    if extends in _BUILTIN:
        return merge(_builtin_table(extends), own)
    base = path.parent / extends
    if not _meant_as_file(base, extends):
        raise ProgrammeError(f"{path}: extends: {did_you_mean(extends, _BUILTIN)}")
    if not _exists(base):
        raise ProgrammeError(
            f'{path}: extends: there is no file "{base}"; check the path (it is relative to this file)'
        )
    if base.resolve() in chain:
        raise ProgrammeError(f'{path}: extends: "{extends}" leads back to this file; extend a programme that does not')
    below = _merged(base, chain)
    build(below, str(base))
    return merge(below, own)


def _text(path: Path) -> str:
    try:
        # Windows editors put a byte order mark before the text; TOML has no place for it.
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ProgrammeError(
            f"{path}: there is no such file; check the path, or use one of {', '.join(_BUILTIN)}"
        ) from None
    except IsADirectoryError:
        raise ProgrammeError(f"{path}: this is a folder; name a {_ENDING} file in it") from None
    except UnicodeDecodeError as error:
        raise ProgrammeError(f"{path}: byte {error.start} is not UTF-8 text; save the file as UTF-8") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise ProgrammeError(f"{path}: it cannot be read ({reason}); check the path and its permissions") from None
