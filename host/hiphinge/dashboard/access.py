"""Who may look, and who may touch: links that work once, and the keys they are exchanged for. Pure."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

Role = Literal["owner", "controller", "viewer"]

# Phones of one class and of those who watch; more than this is somebody trying.
MOST_VIEWERS = 64


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who came in by a link.

    Attributes
    ----------
    number : int
        For people: "viewer 3".
    address : str
        Where they came from.
    unlocked : bool
        May control, not only look.
    """

    number: int
    address: str
    unlocked: bool = False


class Access:
    """Links and keys of one run of the dashboard.

    The owner sits at this computer and needs neither. Everybody else comes with a link whose token works once; it is
    exchanged for a key that their browser keeps, and a new link is ready for the next one.

    Parameters
    ----------
    new_token : callable
        Gives an unguessable text each time.
    """

    def __init__(self, new_token: Callable[[], str]) -> None:
        self._new_token = new_token
        self._token = new_token()
        self._viewers: dict[str, Viewer] = {}
        self._count = 0

    @property
    def token(self) -> str:
        """The token of the link that is ready; it changes when it is used."""
        return self._token

    @property
    def viewers(self) -> tuple[Viewer, ...]:
        """Everybody who was let in, in that order."""
        return tuple(self._viewers.values())

    def redeem(self, token: str, address: str) -> str | None:
        """Exchange a link's token for a key of one's own; None where it is none, or was used."""
        if not same(token, self._token) or len(self._viewers) >= MOST_VIEWERS:
            return None
        self._token = self._new_token()
        key = self._new_token()
        self._count += 1
        self._viewers[key] = Viewer(self._count, address)
        return key

    def role(self, key: str | None) -> Role | None:
        """What the bearer of a key may do; None for no key of ours."""
        viewer = self._find(key)
        if viewer is None:
            return None
        return "controller" if viewer.unlocked else "viewer"

    def unlock(self, number: int, unlocked: bool) -> None:
        """Let a viewer control, or only look again."""
        for key, viewer in self._viewers.items():
            if viewer.number == number:
                self._viewers[key] = replace(viewer, unlocked=unlocked)

    def dismiss(self, number: int) -> None:
        """A viewer's key no longer works."""
        for key in [key for key, viewer in self._viewers.items() if viewer.number == number]:
            del self._viewers[key]

    def _find(self, key: str | None) -> Viewer | None:
        found = None
        # Every key is compared, in a time that tells nothing about any of them.
        for known, viewer in self._viewers.items():
            if key is not None and same(key, known):
                found = viewer
        return found


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))
