"""Write a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Generator
from pathlib import Path
from typing import IO

from hiphinge.files.errors import os_error, session_error


@contextlib.contextmanager
def replacing(path: Path) -> Generator[IO[bytes]]:
    """Open a new file beside `path`; on leaving without an error it takes the place of `path`.

    Raises
    ------
    SessionError
        The file could not be written. `path` is then as it was.
    """
    if path.exists() and not path.is_file():
        # A device or pipe (/dev/stdout, /dev/null) is written to, never moved away. A folder refuses by itself.
        with _named(path), path.open("wb") as file:
            yield file
        return
    # Through a link, the file it points to is replaced, not the link.
    place = path.resolve()
    # A name of its own: a user's file or another run's must not be in the way.
    beside = place.with_name(f".{place.name}.{secrets.token_hex(4)}.tmp")
    with _named(path), contextlib.ExitStack() as cleaning:
        with beside.open("xb") as file:
            cleaning.callback(_remove, beside)
            yield file
            file.flush()
            # Without this, a power cut after the move can leave an empty file under the final name.
            os.fsync(file.fileno())
        beside.replace(place)


@contextlib.contextmanager
def _named(path: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        raise os_error(str(path), error, "written") from None
    except ValueError as error:
        if "null byte" not in str(error):
            raise
        raise session_error(str(path), "is no path (it holds a NUL)", "check the path") from None


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
