"""The dashboard on a virtual device: sample to painted pixel, paints a second, memory of the page, cost of the server.

    python tests/bench/dashboard.py [latency cue steady start] [--seconds 60] [--steady-s 600] [--viewers 4]

Needs Chromium and playwright. `latency` runs the device, the server and a headless Chromium on this computer: a sample
is made at its time on the virtual device's clock, and painted when the browser has rendered the frame that shows it.
Headless Chromium draws without a graphics card, so a real screen is quicker to draw and adds its own refresh (17 ms at
60 Hz). `steady` counts paints and the page's memory over ten minutes, and the server's processor time with no, one and
several viewers: what drawing alone costs is the difference. `cue` is the time from the sample at which a cue falls due
until its tone is handed to the sound card. `start` is the time from the command `hiphinge live` to a page that answers,
in a browser that is open and has never seen it; the least of several, as other programs only add to it.

`latency` and `cue` are told for two radios: one whose turn comes every 30 ms, as Linux gives, and one of 15 ms, as
Apple's systems do (Accessory Design Guidelines: 15 ms and up).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import numpy as np
from processes import busy

RIG = Path(__file__).resolve().parents[1] / "browser" / "dash_rig.py"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
AIM_P50_MS, AIM_P99_MS, AIM_PAINTS_HZ, AIM_START_S, AIM_CUE_MS = 60, 120, 30, 2.5, 100
INTERVALS_MS = (30, 15)
STARTS = 6
AIM_ONE, AIM_FOUR = 0.15, 0.30

# A message to oneself, posted while drawing, is answered once the browser has rendered that frame and handed it on.
HOOK = """() => {
  window.paintedAt = [];
  window.drawn = 0;
  const channel = new MessageChannel();
  const waiting = [];
  channel.port1.onmessage = () =>
    window.paintedAt.push([waiting.shift(), performance.timeOrigin + performance.now()]);
  window.hiphingePainted = at => { window.drawn++; waiting.push(at); channel.port2.postMessage(0); };
}"""

CUED = """() => {
  window.cuedAt = [];
  window.hiphingeCued = at => window.cuedAt.push([at, performance.timeOrigin + performance.now()]);
}"""


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["start", "latency", "cue", "steady"])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--steady-s", type=float, default=600)
    parser.add_argument("--viewers", type=int, default=4)
    wished = parser.parse_args()
    if warning := busy():
        print(warning)
    for name in wished.what:
        {"latency": latency, "cue": cue, "steady": steady, "start": start}[name](wished)


def latency(wished: argparse.Namespace) -> None:
    """Sample to painted pixel."""
    for interval_ms in INTERVALS_MS:
        with dashboard("--interval-ms", str(interval_ms)) as (process, url), browser() as chromium:
            page = opened(chromium, url)
            page.evaluate(HOOK)
            time.sleep(wished.seconds)
            painted = np.array(page.evaluate("() => window.paintedAt"))
            # Each sample's own instant, on the wall clock, as the server knows it from the device's clock.
            offset_ms = begun_ms(process)
        delays = painted[:, 1] - offset_ms - painted[:, 0] * 1000
        p50, p99 = np.percentile(delays, [50, 99])
        rate = len(painted) / ((painted[-1, 1] - painted[0, 1]) / 1000)
        print(
            f"latency: radio every {interval_ms} ms: sample to painted pixel p50 {p50:.0f} ms (aim {AIM_P50_MS}), "
            f"p99 {p99:.0f} ms (aim {AIM_P99_MS}); {rate:.1f} paints a second (aim {AIM_PAINTS_HZ})",
            flush=True,
        )


def cue(wished: argparse.Namespace) -> None:
    """Sample to tone: every repetition leaves the range."""
    for interval_ms in INTERVALS_MS:
        with dashboard("--interval-ms", str(interval_ms), "--faulty") as (process, url), browser() as chromium:
            page = opened(chromium, url)
            page.get_by_role("button", name="Start set").click()
            page.evaluate(CUED)
            time.sleep(2 * wished.seconds)
            cued = np.array(page.evaluate("() => window.cuedAt"))
            beeps = page.evaluate("() => window.hiphingeBeeps || 0")
            offset_ms = begun_ms(process)
        delays = cued[:, 1] - offset_ms - cued[:, 0] * 1000
        print(
            f"cue: radio every {interval_ms} ms: sample to tone p50 {np.median(delays):.0f} ms, largest "
            f"{delays.max():.0f} ms of {len(cued)} (aim {AIM_CUE_MS}), {beeps} tones; the sound card adds its own",
            flush=True,
        )


def steady(wished: argparse.Namespace) -> None:
    """Paints, memory and processor time over minutes."""
    with dashboard() as (process, url), browser() as chromium:
        time.sleep(5)
        alone = share(process, 20)
        page = opened(chromium, url)
        page.evaluate(HOOK)
        devtools = page.context.new_cdp_session(page)
        one = share(process, 20)
        more = [opened(chromium, url) for _ in range(wished.viewers - 1)]
        several = share(process, 20)
        for other in more:
            other.context.close()
        print(
            f"server: {alone:.1%} of a core without a viewer (device and engine), {one:.1%} with one, "
            f"{several:.1%} with {wished.viewers}"
        )
        print(
            f"server, drawing alone: {one - alone:.1%} with one (aim {AIM_ONE:.0%}), "
            f"{several - alone:.1%} with {wished.viewers} (aim {AIM_FOUR:.0%})"
        )
        heaps, counts, begun_s = [heap_mb(devtools)], [page.evaluate("() => window.drawn")], time.monotonic()
        pieces = 10
        for _ in range(pieces):
            time.sleep(wished.steady_s / pieces)
            page.evaluate("() => { window.paintedAt = []; }")
            heaps.append(heap_mb(devtools))
            counts.append(page.evaluate("() => window.drawn"))
        each_s = (time.monotonic() - begun_s) / pieces
        rates = np.diff(counts) / each_s
        print(
            f"steady: {wished.steady_s:.0f} s, {rates.min():.1f} to {rates.max():.1f} paints a second "
            f"(aim {AIM_PAINTS_HZ}); page memory {heaps[1]:.1f} MB at first, {heaps[-1]:.1f} MB at the end"
        )


def start(wished: argparse.Namespace) -> None:
    """From the command to a page that answers."""
    del wished
    import psutil

    command = [sys.executable, "-m", "hiphinge", "live", "--no-browser", "--no-recording", "--port", "0"]
    found: list[tuple[float, float, float]] = []
    with browser() as chromium:
        for _ in range(STARTS):
            page = chromium.new_context().new_page()
            begun_s = time.monotonic()
            with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
                assert process.stderr is not None
                url = next(word for word in process.stderr.readline().split() if word.startswith("http"))
                served_s = time.monotonic() - begun_s
                page.goto(url, wait_until="commit")
                page.get_by_role("button", name="Connect to Virtual device").wait_for()
                page.wait_for_function("() => window.did_handshake")
                usable_s = time.monotonic() - begun_s
                cpu = psutil.Process(process.pid).cpu_times()
                found.append((usable_s, served_s, cpu.user + cpu.system))
                process.kill()
            page.context.close()
    usable, served, cost = zip(*found, strict=True)
    print(
        f"start: first page usable after {min(usable):.2f} s at best (aim {AIM_START_S}), {max(usable):.2f} at worst "
        f"of {STARTS}; served after {min(served):.2f} s; the command's own processor time until then {min(cost):.2f} s"
    )


@contextmanager
def dashboard(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A dashboard in a process of its own, whose wearer trains for half an hour."""
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "HIPHINGE_RIG_CLOCK": "1"}
    command = [sys.executable, str(RIG), "--sets", "30", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        url = ""
        for line in process.stdout:
            if line.startswith("READY"):
                url = line.split()[1]
                break
        try:
            yield process, url
        finally:
            process.kill()


@contextmanager
def browser() -> Iterator[Any]:
    """Headless Chromium."""
    from playwright.sync_api import sync_playwright

    path = which("chromium") or which("google-chrome")
    if path is None:
        raise SystemExit("no Chromium on this computer")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


def opened(chromium: Any, url: str) -> Any:
    """The training view, once it draws."""
    page = chromium.new_context(viewport={"width": 1440, "height": 900}).new_page()
    page.goto(f"{url}/train")
    page.wait_for_function("() => (document.querySelector('.angles-now')?.textContent || '') !== ''", timeout=60_000)
    return page


def begun_ms(process: subprocess.Popen[str]) -> float:
    """When the session's time was 0, on the wall clock: told by the rig from the virtual device's own clock."""
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("CLOCK"):
            return float(json.loads(line.split(maxsplit=1)[1]))
    raise SystemExit("the dashboard has ended")


def share(process: subprocess.Popen[str], seconds: float) -> float:
    """Share of a core over some time."""
    import psutil

    one = psutil.Process(process.pid)
    before = one.cpu_times()
    time.sleep(seconds)
    after = one.cpu_times()
    return (after.user + after.system - before.user - before.system) / seconds


def heap_mb(devtools: Any) -> float:
    """Memory of the page's script, after its rubbish was collected."""
    devtools.send("HeapProfiler.collectGarbage")
    return float(devtools.send("Runtime.getHeapUsage")["usedSize"]) / 1e6


if __name__ == "__main__":
    main()
