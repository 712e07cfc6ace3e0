"""The pages. Each is built anew for every visitor from what the hubs know."""

from __future__ import annotations

from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.opened import Results


def add_pages(desk: Desk, results: Results) -> None:
    """Register all pages with the framework."""
    from hiphinge.dashboard.pages import calibrate, connect, finish, open_file, train, wall

    for module in (connect, calibrate, train, finish, wall):
        module.add(desk)
    open_file.add(desk, results)
