"""Everything that is no page: reports, CSV, JSON, and the way in for recordings."""

from __future__ import annotations

import asyncio
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from hiphinge.dashboard.access import Role
from hiphinge.dashboard.desk import Desk
from hiphinge.dashboard.guard import ROLE, key_of
from hiphinge.dashboard.opened import MAPPING, MOST_BYTES, Results, open_files, result_json
from hiphinge.dashboard.texts import text
from hiphinge.model import HiphingeError

# A form has its own words around the file.
_FORM_BYTES = 100_000
_PARTS = ("file", "sacral", "thoracic", MAPPING)
# Two sensors with some files each: what other makers write is four at most.
_MOST_FILES = 16
_MB = 1024 * 1024
# A report holds no script and needs nothing; were there one in it after all, it would not run.
_REPORT_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


class TooLarge(Exception):
    """More came than is taken."""


def add_downloads(outer: FastAPI, desk: Desk, results: Results) -> None:
    """Register the routes."""
    # One at a time: an analysis takes a core for seconds, and a session may be running beside it.
    turn = asyncio.Semaphore(1)

    @outer.get("/files/{who}/report.html")
    async def report(who: int) -> Response:  # pyright: ignore[reportUnusedFunction]
        from hiphinge.dashboard.reports import session_report  # loads tables and figures

        folder = _folder(desk, who)
        if folder is None:
            return PlainTextResponse(text("error.not_recorded"), 404)
        hub = desk.hubs[who]
        try:
            async with turn:
                page = await asyncio.to_thread(session_report, folder, hub.setup.person or folder.name)
        except HiphingeError as error:
            return PlainTextResponse(" ".join(str(error).split()), 422)
        return _page(page)

    @outer.get("/files/{who}/session.csv")
    async def samples(who: int) -> Response:  # pyright: ignore[reportUnusedFunction]
        from hiphinge.files.session import CSV_NAME

        folder = _folder(desk, who)
        path = None if folder is None else folder / CSV_NAME
        if folder is None or path is None or not path.is_file():
            return PlainTextResponse(text("error.not_recorded"), 404)
        return FileResponse(path, media_type="text/csv", filename=f"{folder.name}.csv")

    @outer.get("/opened/{key}/report.html")
    async def opened_report(key: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        found = results.get(key)
        return PlainTextResponse(text("error.not_recorded"), 404) if found is None else _page(found.report)

    @outer.get("/opened/{key}/result.json")
    async def opened_json(key: str) -> Response:  # pyright: ignore[reportUnusedFunction]
        found = results.get(key)
        if found is None:
            return PlainTextResponse(text("error.not_recorded"), 404)
        headers = {"content-disposition": 'attachment; filename="analysis.json"'}
        return Response(result_json(found), media_type="application/json", headers=headers)

    @outer.post("/opened")
    async def opening(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction]
        role = cast("Role", request.scope[ROLE])
        if not desk.may_control(role, key_of(request.headers.get("cookie", ""))):
            return JSONResponse({"error": text("app.read_only")}, 403)
        try:
            contents, wishes = await _taken(request)
            async with turn:
                opened = await asyncio.to_thread(
                    open_files, contents, wishes.get("format", ""), wishes.get("programme") or None
                )
        except TooLarge:
            return JSONResponse({"error": text("open.too_big", mb=MOST_BYTES // _MB)}, 413)
        except (HiphingeError, MultiPartException) as error:
            return JSONResponse({"error": " ".join(str(error).split())}, 422)
        return JSONResponse({"key": results.keep(opened)})


async def _taken(request: Request) -> tuple[dict[str, list[tuple[str, bytes]]], dict[str, str]]:
    """Files and wishes of a form, no larger than is allowed, however it is sent."""
    most = MOST_BYTES + _FORM_BYTES
    announced = request.headers.get("content-length", "0")
    if not announced.isdigit() or int(announced) > most:
        raise TooLarge
    came = 0

    async def counted() -> MutableMapping[str, Any]:
        nonlocal came
        message = await request.receive()
        came += len(message.get("body", b""))
        if came > most:
            raise TooLarge
        return message

    form = await Request(request.scope, counted).form(max_files=_MOST_FILES, max_fields=4)
    contents: dict[str, list[tuple[str, bytes]]] = {}
    wishes: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name in _PARTS and value.filename:
                contents.setdefault(name, []).append((Path(value.filename).name[:200], await value.read()))
        else:
            wishes[name] = value
    return contents, wishes


def _folder(desk: Desk, who: int) -> Path | None:
    hub = desk.hub(who)
    return None if hub is None else hub.folder


def _page(page: str) -> HTMLResponse:
    return HTMLResponse(page, headers={"content-security-policy": _REPORT_CSP, "cache-control": "no-store"})
