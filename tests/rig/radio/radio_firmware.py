"""The firmware under real MicroPython, keeping step with a radio in simulated time.

The interpreter runs in a process of its own; at each exchange of lines its clock stands still until the radio's has
come as far. Both count from the same zero, so what a chip made and what the host heard compare without an offset.
"""

import asyncio
import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import mpy_runner
from joined import PLAN, Boot
from radio_air import Air
from radio_server import Server
from radio_time import SimLoop

SHIM = Path(__file__).resolve().parent / "shim"
# Another build of the firmware: a change under trial.
FIRMWARE = Path(os.environ.get("RIG_FIRMWARE", str(mpy_runner.ROOT / "firmware")))


class Firmware:
    """A board with the real firmware.

    Parameters
    ----------
    air : Air
    nvs : dict
        What its flash keeps: empty for a new board.
    heap : str
        Of the interpreter; the radio's lines are made in it, too.
    plan : dict
        As `joined.PLAN`, in what differs.

    Attributes
    ----------
    server : Server or None
        Its radio, while it runs.
    boots : list of Boot
        Those that ended.
    """

    def __init__(self, air: Air, nvs: dict[str, Any] | None = None, heap: str = "1m", **plan: Any) -> None:
        self.server: Server | None = None
        self.boots: list[Boot] = []
        self.nvs = nvs if nvs is not None else {"unused": 0}
        self._plan = {**PLAN, "pauses_per_million": 0, "loss_per_million": 0, **plan}
        self._air, self._heap = air, heap
        self._folder = tempfile.TemporaryDirectory()
        self._process: subprocess.Popen[str] | None = None
        self._until_s = 0.0
        self._results: list[asyncio.Future[list[Any]]] | None = None
        self._due: asyncio.TimerHandle | None = None
        self._printed: list[str] = []
        self._new = True

    def switch_on(self, **plan: Any) -> None:
        """Boot; `plan` as above, for this boot. Its end is `end_us`, in simulated time."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimLoop) and self._process is None
        self._loop = loop
        start_us = int(loop.time() * 1e6) + 1000
        differing = {**self._plan, **plan, "nvs": self.nvs, "flash": f"{self._folder.name}/flash", "new": self._new}
        differing["start_us"] = start_us
        differing.setdefault("end_us", start_us + 10**10)
        self._new = False
        call = json.dumps({"script": "session_world", "function": "run", "arguments": {"plan": differing}})
        path = [SHIM, mpy_runner.WORLD, FIRMWARE, mpy_runner.ROOT / "protocol", ".frozen"]
        environment = mpy_runner.environment(RIG_CALL=call)
        environment["MICROPYPATH"] = ":".join(map(str, path))
        self._process = subprocess.Popen(
            [mpy_runner.INTERPRETER, "-X", f"heapsize={self._heap}", str(SHIM / "radio_main.py")],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.server = Server(self._air)
        self._until_s, self._results = start_us * 1e-6, None
        self._boot = Boot()
        self._printed = []
        loop.keep_step = self._keep_step

    def cut_power(self) -> None:
        """Now; what RAM held is gone. Its ledger is told all the same."""
        self._finish("!")

    def close(self) -> None:
        """Switch off, and throw its flash away."""
        self.cut_power()
        self._folder.cleanup()

    @property
    def running(self) -> bool:
        """Whether it is on."""
        return self._process is not None

    # --- keeping step -----------------------------------------------------------------------------------------------

    def _keep_step(self, wanted_s: float) -> float:
        if self._process is None:
            return wanted_s + 1e-9
        now_s = self._loop.time()
        if wanted_s <= self._until_s:
            return wanted_s + 1e-9
        if now_s < self._until_s or self._results == []:
            return self._until_s + 1e-9
        self._answer()
        self._listen()
        return max(now_s, min(wanted_s, self._until_s)) + 1e-9

    def _answer(self) -> None:
        if self._results is not None:
            assert self.server is not None
            if not self._results[0].done():
                raise AssertionError("the radio did not finish what the firmware waits for")
            events, self.server.events = self.server.events, []
            results = self._results[0].result()
            self._write(json.dumps([events, results]))

    def _write(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass

    def _listen(self) -> None:
        assert self._process is not None and self._process.stdout is not None
        for line in self._process.stdout:
            if line[0] == ">":
                now_us, operations = json.loads(line[1:])
                self._until_s = max(self._until_s, now_us * 1e-6)
                self._results = []
                self._due = self._loop.call_at(self._until_s, self._perform, operations)
                return
            self._hear(line)
        self._finish(None)

    def _perform(self, operations: list[Any]) -> None:
        server = self.server
        assert server is not None and self._results is not None

        async def one_after_the_other() -> list[Any]:
            return [await server.perform(one) for one in operations]

        self._results.append(asyncio.ensure_future(one_after_the_other()))

    def _hear(self, line: str) -> None:
        if line[0] != "@":
            self._printed.append(line)
            return
        said = json.loads(line[1:])
        if "boot" in said:
            self._boot.boot, self._boot.origin_us = said["boot"], said["origin_us"]
        elif "imu" in said:
            self._boot.chips.append(said)
        else:
            self._boot.end = said

    def _finish(self, last: str | None) -> None:
        process, server = self._process, self.server
        if process is None or server is None or process.stdout is None:
            return
        if self._due is not None:
            self._due.cancel()
        if last is not None:
            self._write(last)
            for line in process.stdout:
                if line[0] == ">":
                    self._write("!")
                else:
                    self._hear(line)
        process.wait(60)
        assert process.stdin is not None
        process.stdin.close()
        process.stdout.close()
        self._process = None
        self.server = None
        server.vanish()
        if not self._boot.end or process.returncode:
            raise mpy_runner.ScriptError("".join(self._printed)[-3000:])
        self._boot.end["printed"] = "".join(self._printed)
        self.nvs = self._boot.end["nvs"]
        self.boots.append(self._boot)
