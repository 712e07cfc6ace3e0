"""The guard as a plain ASGI application: who gets through, by Host, Origin, peer and key."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from hiphinge.dashboard.access import Access
from hiphinge.dashboard.guard import KEY_COOKIE, ROLE, Guard, allowed_hosts, key_of

PORT = 8470
HERE, LAN = "127.0.0.1", "192.168.1.7"
NAMES = ("192.168.1.5", "gym.local")


class Behind:
    """What is guarded: remembers who came through."""

    def __init__(self) -> None:
        self.roles: list[str] = []

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        self.roles.append(scope[ROLE])
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
            await send({"type": "http.response.body", "body": b"page"})
        else:
            await receive()
            await send({"type": "websocket.accept"})


def guarded(shared: bool = False) -> tuple[Guard, Behind, Access]:
    count = iter(range(1000))
    access = Access(lambda: f"secret-{next(count)}")
    behind = Behind()
    return Guard(behind, access, PORT, NAMES, shared), behind, access


def ask(
    guard: Guard,
    *,
    kind: str = "http",
    host: str | None = f"127.0.0.1:{PORT}",
    origin: str | None = None,
    peer: str = HERE,
    path: str = "/train",
    query: str = "",
    cookie: str | None = None,
    method: str = "GET",
    more: tuple[tuple[bytes, bytes], ...] = (),
) -> list[MutableMapping[str, Any]]:
    headers = [(b"host", host.encode())] if host is not None else []
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    if cookie is not None:
        headers.append((b"cookie", cookie.encode()))
    scope: dict[str, Any] = {
        "type": kind,
        "path": path,
        "query_string": query.encode(),
        "headers": [*headers, *more],
        "client": (peer, 5000),
    }
    if kind == "http":
        scope["method"] = method
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.connect" if kind == "websocket" else "http.request"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    return sent


def status(sent: list[MutableMapping[str, Any]]) -> int:
    return int(sent[0]["status"])


def headers_of(sent: list[MutableMapping[str, Any]]) -> dict[str, str]:
    return {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_this_computer_is_the_owner_under_its_own_names(host: str) -> None:
    guard, behind, _ = guarded()
    assert status(ask(guard, host=f"{host}:{PORT}")) == 200
    assert behind.roles == ["owner"]


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        f"evil.example:{PORT}",
        "127.0.0.1",  # another port's name
        "127.0.0.1:9999",
        f"127.0.0.1.evil.example:{PORT}",
        f"127.0.0.1:{PORT}@evil.example",
        f"192.168.1.5:{PORT}",  # not shared: neighbours' names are none
        "",
        None,
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_any_other_host_is_refused(host: str | None, kind: str) -> None:
    guard, behind, _ = guarded()
    sent = ask(guard, kind=kind, host=host, origin=f"http://{host}")
    assert behind.roles == []
    assert sent[0]["type"] == "websocket.close" or status(sent) == 421


def test_two_hosts_are_none() -> None:
    guard, behind, _ = guarded()
    assert status(ask(guard, more=((b"Host", b"evil.example"),))) == 421
    assert behind.roles == []


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        f"https://127.0.0.1:{PORT}",
        "http://127.0.0.1",
        "http://127.0.0.1:9999",
        f"http://localhost:{PORT}",  # not the host that is called
        f"http://127.0.0.1:{PORT}.evil.example",
    ],
)
def test_a_web_socket_from_any_other_origin_is_refused(origin: str | None) -> None:
    guard, behind, _ = guarded()
    sent = ask(guard, kind="websocket", origin=origin)
    assert [one["type"] for one in sent] == ["websocket.close"]
    assert behind.roles == []


def test_a_web_socket_from_the_page_itself_gets_through() -> None:
    guard, behind, _ = guarded()
    assert ask(guard, kind="websocket", origin=f"http://127.0.0.1:{PORT}")[0]["type"] == "websocket.accept"
    assert behind.roles == ["owner"]


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"http://localhost:{PORT}"])
def test_a_request_from_another_origin_is_refused(origin: str) -> None:
    guard, behind, _ = guarded()
    assert status(ask(guard, origin=origin)) == 403
    assert status(ask(guard, origin=origin, method="POST")) == 403
    assert behind.roles == []


def test_what_changes_something_needs_an_origin() -> None:
    guard, behind, _ = guarded()
    assert status(ask(guard, method="POST")) == 403
    assert status(ask(guard, method="POST", origin=f"http://127.0.0.1:{PORT}")) == 200
    assert behind.roles == ["owner"]


def test_another_site_may_link_here_but_not_load_from_here() -> None:
    guard, _, _ = guarded()
    cross = (b"sec-fetch-site", b"cross-site")
    assert status(ask(guard, more=(cross, (b"sec-fetch-mode", b"navigate")))) == 200
    assert status(ask(guard, more=(cross, (b"sec-fetch-mode", b"no-cors")))) == 403


@pytest.mark.parametrize("peer", [LAN, "203.0.113.9", "", "::ffff:192.168.1.7", "nonsense"])
def test_a_neighbour_is_never_the_owner_even_by_our_own_name(peer: str) -> None:
    for shared in (False, True):
        guard, behind, _ = guarded(shared)
        assert status(ask(guard, peer=peer)) == 401
        assert behind.roles == []


def test_our_own_address_in_the_network_makes_nobody_the_owner() -> None:
    guard, behind, _ = guarded(shared=True)
    assert status(ask(guard, host=f"192.168.1.5:{PORT}")) == 401
    assert behind.roles == []


def lan(guard: Guard, **wishes: Any) -> list[MutableMapping[str, Any]]:
    return ask(guard, **{"host": f"192.168.1.5:{PORT}", "peer": LAN, **wishes})


def test_a_link_works_once_and_leaves_a_key() -> None:
    guard, behind, access = guarded(shared=True)
    token = access.token
    sent = lan(guard, path="/train", query=f"who=2&token={token}")
    assert status(sent) == 303
    assert headers_of(sent)["location"] == "/train?who=2"
    cookie = headers_of(sent)["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite" in cookie
    key = cookie.split(";")[0]
    assert status(lan(guard, cookie=key)) == 200
    assert (
        lan(guard, cookie=key, kind="websocket", origin=f"http://192.168.1.5:{PORT}")[0]["type"] == "websocket.accept"
    )
    assert behind.roles == ["viewer", "viewer"]
    # Whoever finds the link later, in a chat or over a shoulder, is late.
    assert status(lan(guard, query=f"token={token}")) == 401
    assert access.token != token


def test_a_redirect_never_leads_elsewhere() -> None:
    guard, _, access = guarded(shared=True)
    sent = lan(guard, path="//evil.example/x", query=f"token={access.token}")
    assert headers_of(sent)["location"] == "/evil.example/x"


@pytest.mark.parametrize("query", ["", "token=", "token=wrong", "token=secret", "other=secret-0"])
def test_without_the_right_token_nobody_comes_in(query: str) -> None:
    guard, behind, access = guarded(shared=True)
    assert status(lan(guard, query=query)) == 401
    assert behind.roles == [] and access.viewers == ()


def test_links_are_dead_where_nothing_is_shared() -> None:
    guard, behind, access = guarded(shared=False)
    assert status(ask(guard, peer=LAN, query=f"token={access.token}")) == 401
    assert behind.roles == []


def test_keys_are_unlocked_and_dismissed() -> None:
    guard, behind, access = guarded(shared=True)
    key = access.redeem(access.token, LAN)
    assert key is not None
    cookie = f"{KEY_COOKIE}={key}"
    lan(guard, cookie=cookie)
    access.unlock(1, True)
    lan(guard, cookie=cookie)
    access.unlock(1, False)
    lan(guard, cookie=cookie)
    access.dismiss(1)
    assert status(lan(guard, cookie=cookie)) == 401
    assert behind.roles == ["viewer", "controller", "viewer"]


def test_pages_carry_headers_that_shut_other_sites_out() -> None:
    guard, _, _ = guarded()
    headers = headers_of(ask(guard))
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert f"connect-src 'self' ws://127.0.0.1:{PORT}" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["content-type"] == "text/html"


def test_the_lifespan_passes() -> None:
    seen: list[str] = []

    async def behind(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        del receive, send
        seen.append(scope["type"])

    guard = Guard(behind, Access(lambda: "x"), PORT)
    asyncio.run(guard({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert seen == ["lifespan"]


def test_port_80_needs_no_port_in_the_name() -> None:
    assert allowed_hosts(["gym.local", "::1"], 80) == ["gym.local:80", "[::1]:80", "gym.local", "[::1]"]


@pytest.mark.parametrize("cookies", ["", "a=b", "hiphinge_key", "\x00;;=", "other=hiphinge_key=3"])
def test_what_is_no_key_is_none(cookies: str) -> None:
    assert key_of(cookies) is None


def test_viewers_are_limited() -> None:
    _, _, access = guarded(shared=True)
    keys = [access.redeem(access.token, LAN) for _ in range(70)]
    assert sum(key is not None for key in keys) == 64


def test_a_viewer_who_is_sent_away_hears_no_more_on_what_is_open() -> None:
    access = Access(iter(["link", "key", "next"]).__next__)
    key = access.redeem("link", LAN)
    sent: list[MutableMapping[str, Any]] = []
    heard: list[str] = []

    async def talking(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        assert scope[ROLE] == "viewer"
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "one"})
        access.dismiss(1)
        await send({"type": "websocket.send", "text": "two"})
        await send({"type": "websocket.send", "text": "three"})
        heard.append((await receive())["type"])

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "websocket.receive", "text": "start the set"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    host = f"gym.local:{PORT}"
    scope = {
        "type": "websocket",
        "path": "/frames/1",
        "query_string": b"",
        "headers": [
            (b"host", host.encode()),
            (b"origin", f"http://{host}".encode()),
            (b"cookie", f"{KEY_COOKIE}={key}".encode()),
        ],
        "client": (LAN, 5000),
    }
    asyncio.run(Guard(talking, access, PORT, NAMES, True)(scope, receive, send))
    assert [one["type"] for one in sent] == ["websocket.accept", "websocket.send", "websocket.close"]
    assert heard == ["websocket.disconnect"]
