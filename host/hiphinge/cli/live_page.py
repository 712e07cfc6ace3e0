"""``hiphinge live`` without ``--headless``: the dashboard."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from hiphinge.app.live.plan import LivePlan

if TYPE_CHECKING:
    from hiphinge.app.live.source import Source


def run_page(
    plan: LivePlan,
    source: str | None,
    *,
    seed: int = 0,
    pace: float | None = 1.0,
    port: int | None = None,
    lan: bool = False,
    open_browser: bool = True,
    lab: tuple[str | None, str | None] = (None, None),
) -> int:
    """Serve the dashboard until Ctrl-C; returns the exit code.

    Parameters
    ----------
    plan : LivePlan
        What sessions are to be like.
    source : str or None
        Connect to it at once; None leaves it to the page.
    seed, pace
        Of a virtual device or a replay.
    port : int, optional
        0 takes a free one; `server.DEFAULT_PORT` if not given.
    lan : bool
        Let others in the network look on, with a link each.
    open_browser : bool
    lab : (str or None, str or None)
        Name under which the first athlete's session is published on Lab Streaming Layer, and of marks to take in.

    Raises
    ------
    HiphingeError
        The port is taken.
    """
    from hiphinge.dashboard.desk import Desk
    from hiphinge.dashboard.server import DEFAULT_PORT, bound, own_addresses, serve
    from hiphinge.dashboard.sources import opened_choice

    def opening(name: str) -> Source:
        return opened_choice(name, seed=seed, pace=pace)

    listening = bound(DEFAULT_PORT if port is None else port, lan)
    names = own_addresses() if lan else []
    taken = int(listening.getsockname()[1])
    address = f"http://{names[0] if names else '127.0.0.1'}:{taken}"
    desk = Desk(plan, opening, shared=lan, address=address, lab=lab)
    code = serve(desk, listening, names, source=source, open_browser=open_browser, say=_say)
    for hub in desk.hubs.values():
        if hub.folder is not None:
            _say(f"recorded in {hub.folder}")
    return code


def _say(words: str) -> None:
    # A terminal that was closed must not keep the recordings from being closed.
    with contextlib.suppress(OSError):
        sys.stderr.write(words + "\n")
        sys.stderr.flush()
