"""The only way in: one ASGI wrapper that checks Host, Origin and key of every request and every WebSocket.

A page of any site may open a WebSocket to this computer, and a name of its own may be made to point here (DNS
rebinding): neither gets further than this. Nothing behind it needs to know.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from hiphinge.dashboard.access import Access, Role
from hiphinge.dashboard.texts import REFUSED, refused_page

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY_COOKIE = "hiphinge_key"
TOKEN = "token"
ROLE = "hiphinge.role"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
# RFC 6455, 7.4.1: closed by policy; before the handshake it becomes a plain 403.
_POLICY = 1008

# The framework builds its page from inline scripts and compiles templates in the browser, so both stay allowed; what
# is shut is every other site: nothing is loaded from, sent to, framed or submitted anywhere else.
_CSP = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' {ws}; manifest-src 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), microphone=(), geolocation=(), usb=(), serial=(), payment=()",
}


class Guard:
    """Wraps an ASGI application.

    Parameters
    ----------
    app : callable
        What is guarded. Finds the role of whoever asks in ``scope[ROLE]``.
    access : Access
    port : int
    names : iterable of str
        Host names or addresses by which this computer may be called, besides those of itself.
    shared : bool
        Whether others than this computer itself may come in at all, with a link.
    """

    def __init__(self, app: App, access: Access, port: int, names: Iterable[str] = (), shared: bool = False) -> None:
        self.app = app
        self._access, self._shared = access, shared
        self._hosts = frozenset(allowed_hosts((*LOOPBACK_NAMES, *(names if shared else ())), port))
        self._own_hosts = frozenset(allowed_hosts(LOOPBACK_NAMES, port))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let through what is in order."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = _headers(scope)
        host = headers.get(b"host", "").lower()
        if host not in self._hosts:
            await _refuse(scope, receive, send, 421, "host")
            return
        if not self._origin_fits(scope, headers, host):
            await _refuse(scope, receive, send, 403, "origin")
            return
        role = self._role(scope, headers, host)
        if scope["type"] == "http" and role != "owner":
            token = dict(parse_qsl(_query(scope))).get(TOKEN)
            if token is not None and self._shared:
                await self._redeem(scope, receive, send, token, role)
                return
        if role is None:
            await _refuse(scope, receive, send, 401, "key")
            return
        scope[ROLE] = role
        if scope["type"] == "http":
            await self.app(scope, receive, _with_headers(send, host))
        elif role == "owner":
            await self.app(scope, receive, send)
        else:
            await self._watched(scope, receive, send, key_of(headers.get(b"cookie", "")))

    async def _watched(self, scope: Scope, receive: Receive, send: Send, key: str | None) -> None:
        """A viewer's WebSocket: it ends with the key, in the middle of whatever it carries."""
        over = False

        async def sending(message: Message) -> None:
            nonlocal over
            if over:
                return
            if self._access.role(key) is None:
                over = True
                message = {"type": "websocket.close", "code": _POLICY, "reason": REFUSED["key"]}
            await send(message)

        async def receiving() -> Message:
            message = await receive()
            if over or (message["type"] == "websocket.receive" and self._access.role(key) is None):
                return {"type": "websocket.disconnect", "code": _POLICY}
            return message

        await self.app(scope, receiving, sending)

    def role_of_key(self, key: str | None) -> Role | None:
        """What the bearer of a key may do now: it may have been unlocked or dismissed since its page was made."""
        return self._access.role(key)

    def _origin_fits(self, scope: Scope, headers: dict[bytes, str], host: str) -> bool:
        origin = headers.get(b"origin")
        if scope["type"] == "websocket":
            # Browsers always send one; there is no other way to tell a page of ours from another site's.
            return origin is not None and origin.lower() == f"http://{host}"
        if origin is None:
            # Opening a page has none. Whatever changes something or carries a body has one in every browser.
            safe = scope["method"] in ("GET", "HEAD")
            from_here = headers.get(b"sec-fetch-site") != "cross-site"
            return (safe and from_here) or self._is_navigation(scope, headers)
        return origin.lower() == f"http://{host}"

    @staticmethod
    def _is_navigation(scope: Scope, headers: dict[bytes, str]) -> bool:
        """A link that somebody followed, from a mail or another page: it only shows."""
        return scope["method"] == "GET" and headers.get(b"sec-fetch-mode") == "navigate"

    def _role(self, scope: Scope, headers: dict[bytes, str], host: str) -> Role | None:
        # Both: a name of this computer alone, and a peer on it. Either could be had by others.
        if host in self._own_hosts and _is_loopback(scope):
            return "owner"
        return self._access.role(key_of(headers.get(b"cookie", ""))) if self._shared else None

    async def _redeem(self, scope: Scope, receive: Receive, send: Send, token: str, role: Role | None) -> None:
        """A link was opened: its token leaves the address, a key is kept in its place."""
        key = None if role is not None else self._access.redeem(token, _peer(scope))
        if role is None and key is None:
            await _refuse(scope, receive, send, 401, "token")
            return
        rest = urlencode([(name, value) for name, value in parse_qsl(_query(scope)) if name != TOKEN])
        # A path that begins with two slashes would lead to another site.
        place = "/" + str(scope["path"]).lstrip("/") + (f"?{rest}" if rest else "")
        headers = [(b"location", place.encode("utf-8")), (b"cache-control", b"no-store"), *_HEADERS.items()]
        if key is not None:
            headers.append((b"set-cookie", f"{KEY_COOKIE}={key}; Path=/; HttpOnly; SameSite=Lax".encode("latin-1")))
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


def allowed_hosts(names: Iterable[str], port: int) -> list[str]:
    """`Host` headers under which a server may be called: ``name:port``, without the port where it is 80."""
    hosts = [f"{_bracketed(name.lower())}:{port}" for name in names]
    return hosts + [_bracketed(name.lower()) for name in names] if port == 80 else hosts


def key_of(cookies: str) -> str | None:
    """Our key in a `Cookie` header."""
    try:
        found = SimpleCookie(cookies).get(KEY_COOKIE)
    except CookieError:
        return None
    return None if found is None else found.value


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def _headers(scope: Scope) -> dict[bytes, str]:
    """Headers by name; of one that comes twice nothing is believed."""
    found: dict[bytes, str] = {}
    for name, value in cast("Iterable[tuple[bytes, bytes]]", scope["headers"]):
        name = name.lower()
        found[name] = "\0twice" if name in found and name in (b"host", b"origin") else value.decode("latin-1")
    return found


def _query(scope: Scope) -> str:
    return bytes(scope.get("query_string", b"")).decode("latin-1")


def _peer(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _is_loopback(scope: Scope) -> bool:
    try:
        address = ipaddress.ip_address(_peer(scope))
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return address.is_loopback or (mapped is not None and mapped.is_loopback)


def _with_headers(send: Send, host: str) -> Send:
    """Add what keeps a browser from being talked into anything."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(cast("Iterable[tuple[bytes, bytes]]", message.get("headers", [])))
            there = {name.lower() for name, _ in headers}
            own = dict(_HEADERS)
            own[b"content-security-policy"] = _CSP.format(ws=f"ws://{host}").encode("latin-1")
            message["headers"] = headers + [(name, value) for name, value in own.items() if name not in there]
        await send(message)

    return sending


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": _POLICY, "reason": REFUSED[why]})
        return
    body = refused_page(why).encode("utf-8")
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode("ascii")),
        (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"),
        (b"cache-control", b"no-store"),
        *_HEADERS.items(),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
