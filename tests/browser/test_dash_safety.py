"""Who gets in, and that nothing anybody wrote runs: against the running server and in a real Chromium."""

import base64
import http.client
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

Opened = Callable[..., Any]
Serve = Callable[..., Any]

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>\'";{{7*7}}</textarea>${7*7}'


def handshake(served: Any, path: str, origin: str | None, host: str | None = None) -> int:
    """Status a WebSocket handshake is answered with."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    headers = {
        "Host": host or f"127.0.0.1:{served.port}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
    }
    if origin is not None:
        headers["Origin"] = origin
    connection.request("GET", path, headers=headers)
    status = connection.getresponse().status
    connection.close()
    return status


def get(served: Any, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    connection.request(method, path, body=body, headers={"Host": f"127.0.0.1:{served.port}", **headers})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


@pytest.mark.parametrize("path", ["/frames/1", "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"])
def test_every_web_socket_asks_where_one_comes_from(training: Any, path: str) -> None:
    own = f"http://127.0.0.1:{training.port}"
    assert handshake(training, path, own) == 101
    assert handshake(training, path, "http://evil.example") == 403
    assert handshake(training, path, None) == 403
    assert handshake(training, path, "null") == 403
    assert handshake(training, path, own, host="evil.example") == 403


def test_a_name_that_was_made_to_point_here_gets_nothing(training: Any) -> None:
    for path in (
        "/",
        "/train",
        "/static/main.js",
        "/files/1/session.csv",
        "/_nicegui_ws/socket.io/?EIO=4&transport=polling",
    ):
        assert get(training, path, Host=f"rebound.example:{training.port}")[0] == 421
    own = f"http://127.0.0.1:{training.port}"
    assert get(training, "/opened", "POST", b"", Origin="http://evil.example")[0] == 403
    assert get(training, "/opened", "POST", b"")[0] == 403
    assert get(training, "/opened", "POST", b"", Origin=own)[0] == 422


def test_a_page_of_another_site_cannot_listen(training: Any, serve: Serve, chromium: Any) -> None:
    # Another dashboard on this computer is another site: the browser tells its origin as it would that of any page.
    other = serve("--idle")
    page = chromium.new_context().new_page()
    page.goto(f"{other.url}/wall")
    script = """url => new Promise(done => {
      const s = new WebSocket(url); s.onopen = () => done('open'); s.onerror = () => done('refused'); })"""
    assert page.evaluate(script, f"ws://127.0.0.1:{other.port}/frames/1") == "open"
    # The page's own policy forbids it; so does the guard, for pages that have none.
    assert page.evaluate(script, f"ws://127.0.0.1:{training.port}/frames/1") == "refused"
    page.context.close()


def test_a_link_lets_one_browser_look_and_no_more_until_unlocked(serve: Serve, open_tab: Opened, chromium: Any) -> None:
    served = serve("--lan", "--pace", 4)
    link = urlsplit(served.link())
    if link.hostname in (None, "127.0.0.1", "localhost"):
        pytest.skip("this computer has no address in a network")
    base = f"http://{link.hostname}:{link.port}"
    stranger = chromium.new_context().new_page()
    assert stranger.goto(f"{base}/").status == 401
    assert stranger.goto(f"{base}/?token=wrong").status == 401
    assert "Not let in" in stranger.inner_text("h1")

    viewer = open_tab(served.link()).page
    assert "token" not in viewer.url
    viewer.goto(f"{base}/train")
    viewer.get_by_role("button", name="Start set").wait_for()
    assert viewer.get_by_role("button", name="Start set").is_disabled()
    assert viewer.get_by_role("button", name="Share").count() == 0
    # The link is spent.
    assert stranger.goto(served.link()).status == 401
    stranger.context.close()

    owner = open_tab(f"{served.url}/train").page
    owner.get_by_role("button", name="Share").click()
    owner.get_by_role("switch", name="May control").click()
    assert owner.locator(".qr svg").count() == 1
    assert "token=" in owner.locator("code.link").inner_text()
    viewer.reload()
    viewer.wait_for_function(
        "() => [...document.querySelectorAll('button')].some(one => /Start set/.test(one.textContent) && !one.disabled)"
    )
    viewer.get_by_role("button", name="Start set").click()
    viewer.get_by_role("button", name="End set").wait_for()

    # Sent away: what is open there goes silent at once, and nothing more is given.
    owner.get_by_role("button", name="Send away").click()
    viewer.wait_for_function("() => document.querySelector('.angles-now').textContent === ''")
    viewer.wait_for_timeout(3000)
    assert viewer.locator(".angles-now").text_content() == ""
    assert viewer.goto(f"{base}/train").status == 401


def test_nothing_that_anybody_wrote_runs(serve: Serve, open_tab: Opened, tmp_path: Path) -> None:
    served = serve("--pace", 4, "--out", tmp_path)
    page = open_tab(f"{served.url}/").page
    page.get_by_label("Name").fill(HOSTILE[:80])
    page.wait_for_timeout(700)
    page.goto(f"{served.url}/finish")
    page.get_by_label("Notes").fill(HOSTILE)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".rep")
    page.get_by_role("button", name="Strike out").first.click()
    page.get_by_label("Reason").fill(HOSTILE)
    page.locator(".dialog .primary").click()
    page.wait_for_selector("text=Struck out: <img")
    page.get_by_role("button", name="End the session").click()
    page.get_by_role("link", name="Report").wait_for()
    for path in (
        "/",
        "/calibrate",
        "/train",
        "/finish",
        "/wall",
        "/open?result=%3Cimg src=x onerror=window.pwned=1%3E",
    ):
        page.goto(served.url + path)
        page.wait_for_selector("h1", state="attached")
        page.wait_for_timeout(300)
        assert page.evaluate("() => window.pwned") is None
        assert page.locator("img").count() == 0
    page.goto(f"{served.url}/wall")
    page.wait_for_selector("text=<img src=x onerror=")
    page.goto(f"{served.url}/files/1/report.html")
    assert page.evaluate("() => window.pwned") is None
    assert "onerror" in page.locator("body").inner_text()
    assert page.locator("img").count() == 0


def test_a_broken_file_is_told_in_a_line_and_a_huge_one_is_not_taken(training: Any, open_tab: Opened) -> None:
    page = open_tab(f"{training.url}/open").page
    page.wait_for_selector("form.opener[data-ready]")
    for name, content in (
        ("empty.csv", b""),
        ("picture.csv", os.urandom(5000)),
        ("<img src=x onerror=window.pwned=1>.csv", b"time_s,sacral_acc_x\n0,1\n0,<script>\n"),
        ("cut.csv", b"time_s,sacral_acc_x,sacral_acc_y\n0.0,1.0"),
    ):
        page.locator("input[name=file]").set_input_files([{"name": name, "mimeType": "text/csv", "buffer": content}])
        page.get_by_role("button", name="Analyse").click()
        page.wait_for_selector(".opening-error:not([hidden])")
        words = page.locator(".opening-error").inner_text()
        assert name in words and "\n" not in words and "/tmp" not in words
        assert page.evaluate("() => window.pwned") is None
        page.reload()
        page.wait_for_selector("form.opener[data-ready]")
    own = f"http://127.0.0.1:{training.port}"
    connection = http.client.HTTPConnection("127.0.0.1", training.port, timeout=60)
    connection.putrequest("POST", "/opened", skip_host=True)
    for header, value in (
        ("Host", f"127.0.0.1:{training.port}"),
        ("Origin", own),
        ("Content-Type", "multipart/form-data; boundary=x"),
        ("Content-Length", str(10**12)),
    ):
        connection.putheader(header, value)
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()
    assert get(training, "/opened", "POST", b"junk", Origin=own, **{"Content-Type": "multipart/form-data"})[0] in (
        400,
        422,
    )


def test_a_taken_port_is_one_line_and_exit_1(serve: Serve) -> None:
    served = serve("--idle")
    code = (
        "import sys\nfrom hiphinge.cli.errors import say_error\nfrom hiphinge.dashboard.server import bound\n"
        "try:\n    bound(int(sys.argv[1]), False)\nexcept Exception as error:\n    sys.exit(say_error(error))\n"
    )
    second = subprocess.run([sys.executable, "-c", code, str(served.port)], capture_output=True, text=True)
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1 and f"port {served.port} is taken" in second.stderr


def test_it_listens_on_this_computer_alone(serve: Serve) -> None:
    served = serve("--idle")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        address = probe.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this computer has no address in a network")
    with pytest.raises(OSError), socket.create_connection((address, served.port), timeout=5):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_it_well_with_pages_open_and_a_session_running(
    serve: Serve, open_tab: Opened, tmp_path: Path
) -> None:
    served = serve("--pace", 2, "--out", tmp_path)
    page = open_tab(f"{served.url}/train").page
    page.wait_for_selector(".health .good")
    assert served.interrupt() == 0
    assert served.said() == ""
    (folder,) = tmp_path.iterdir()
    assert {one.name for one in folder.iterdir()} >= {"raw.bin", "session.csv", "session.json"}
