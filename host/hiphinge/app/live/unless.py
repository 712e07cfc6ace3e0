"""Something that takes long, given up when the end is wished meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def done_unless(ending: asyncio.Event, act: Coroutine[Any, Any, object]) -> bool:
    """Await `act`, unless `ending` is set before it is done: it is then cancelled.

    Returns
    -------
    bool
        Whether it was done. What it raises is raised.
    """
    acting, waiting = asyncio.ensure_future(act), asyncio.ensure_future(ending.wait())
    try:
        await asyncio.wait({acting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if acting.done():
            await acting
        return acting.done()
    finally:
        for task in (acting, waiting):
            task.cancel()
        await asyncio.gather(acting, waiting, return_exceptions=True)
