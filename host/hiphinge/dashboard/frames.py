"""The WebSocket that carries angles, and sounds to be made: `/frames/1` for the first athlete."""

from __future__ import annotations

import asyncio
import contextlib

from starlette.websockets import WebSocket, WebSocketDisconnect

from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.sinks import Sink

# RFC 6455, 7.4: there is nothing of that name.
_NOT_THERE = 4404


async def frames(socket: WebSocket, desk: Desk) -> None:
    """Send an athlete's angles for as long as the page is there."""
    await socket.accept()
    hub = desk.hub(int(socket.path_params["who"]))
    if hub is None:
        await socket.close(_NOT_THERE)
        return
    sink = hub.watch()
    sending = asyncio.ensure_future(_send(socket, sink))
    try:
        # Pages send nothing; reading is how their leaving is heard of.
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                break
    except WebSocketDisconnect:
        pass
    finally:
        hub.broadcast.leave(sink)
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await sending


async def _send(socket: WebSocket, sink: Sink) -> None:
    async for payload in sink:
        if isinstance(payload, bytes):
            await socket.send_bytes(payload)
        else:
            await socket.send_text(payload)
