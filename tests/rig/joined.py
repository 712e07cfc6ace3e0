"""The firmware under MicroPython joined to the host's own `LinkSession`, over the fake link, with a ledger.

Every block that arrives is compared sample by sample with what the simulated chips made.
"""

import json
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mpy_runner
import numpy as np

from hiphinge.link.decoder import Decoder
from hiphinge.link.session import LinkSession
from hiphinge_wire.block import Block
from hiphinge_wire.constants import IMU_RESYNC, PROFILE_C
from hiphinge_wire.status import Status

FIRMWARE = mpy_runner.ROOT / "firmware"
MINUTE = 60_000_000
PLAN: dict[str, Any] = {
    "seed": 5,
    "start_us": 0,
    "rate_errors": [0.023, -0.015],
    "sectors": 1024,
    "erase_us": [45000, 400000],
    "packets": 4,
    "loss_per_million": 10000,
    "pauses_per_million": 10000,
    "outages": [],
    "actions": [],
}
# One transfer in 2000 of each kind: 134 transfers a second and bus, so one error of each in 15 s.
ERRORS = {"nack": 500, "abort": 500, "flip": 500}


@dataclass
class Boot:
    """What one boot of the device told the ledger."""

    boot: int = 0
    origin_us: int = 0
    chips: list[dict[str, Any]] = field(default_factory=list)
    end: dict[str, Any] = field(default_factory=dict)


@dataclass
class Joined:
    """A session: blocks by (boot, sequence) as they arrived first, and what was counted."""

    session: LinkSession
    blocks: dict[tuple[int, int], Block] = field(default_factory=dict)
    order: list[tuple[int, int, float]] = field(default_factory=list)
    doubled: int = 0
    differing: int = 0
    boots: list[Boot] = field(default_factory=list)
    statuses: list[tuple[float, Status]] = field(default_factory=list)
    events: list[Any] = field(default_factory=list)
    ups: list[float] = field(default_factory=list)
    drained: list[tuple[float, float]] = field(default_factory=list)
    stop_s: float | None = None


class Host:
    """The real host link layer, and a plain decoder beside it that keeps every block's bytes."""

    def __init__(self, joined: Joined, payload: int = 244) -> None:
        self.joined = joined
        self._payload = payload
        self._decoder = Decoder("packets")
        self._up = False

    def event(self, at_s: float, up: bool, packets: list[tuple[bool, bytes]]) -> list[bytes]:
        joined, session = self.joined, self.joined.session
        if up != self._up:
            self._up = up
            self._decoder.restart()
            if up:
                joined.ups.append(at_s)
                joined.events += session.connected(at_s, self._payload, 1_790_000_000.0 + at_s)
            else:
                joined.events += session.disconnected(at_s)
        for is_data, packet in packets:
            channel = "data" if is_data else "control"
            for message in self._decoder.feed(packet, channel):
                if isinstance(message, Block):
                    self._keep(message, at_s)
                elif isinstance(message, Status):
                    joined.statuses.append((at_s, message))
            found = session.receive(packet, at_s, channel)
            joined.events += [one for one in found if type(one).__name__ not in ("Samples", "StatusReceived")]
        if not up:
            return []
        if joined.stop_s is not None and at_s >= joined.stop_s:
            joined.stop_s = None
            session.stop()
        session.poll(at_s)
        session.durable()
        return session.outgoing(at_s)

    def _keep(self, block: Block, at_s: float) -> None:
        joined = self.joined
        key = (block.boot, block.sequence)
        if key in joined.blocks:
            joined.doubled += 1
            joined.differing += joined.blocks[key].samples != (
                bytes(block.samples[0]),
                bytes(block.samples[1]),
            )
            return
        block.samples = (bytes(block.samples[0]), bytes(block.samples[1]))
        block.anchors = bytes(block.anchors)
        joined.blocks[key] = block
        joined.order.append((*key, at_s))


def planned(sections: dict[str, Any]) -> list[dict[str, Any]]:
    """Plans from times in seconds: `outages`, `unplugged` [(bus, from, to)], `stuck` [(bus, at)], `reboots`, `end`."""
    plans: list[dict[str, Any]] = []
    cuts = [*sections.get("reboots", []), None]
    for cut in cuts:
        actions: list[Any] = [[int(sections["errors_from"] * 1e6), "errors", ERRORS]]
        for bus, start, end in sections.get("unplugged", []):
            actions += [[int(start * 1e6), "plug", [bus, 0]], [int(end * 1e6), "plug", [bus, 1]]]
        for bus, at in sections.get("stuck", []):
            actions.append([int(at * 1e6), "stick", bus])
        previous = cuts[cuts.index(cut) - 1] if cut != cuts[0] else None
        actions = [one for one in actions if one[1] == "errors" or previous is None or one[0] > previous * 1e6]
        if cut is not None:
            actions.append([int(cut * 1e6), "cut power", 0])
        plans.append(
            {
                "actions": actions,
                "outages": [[int(a * 1e6), int(b * 1e6)] for a, b in sections.get("outages", [])],
                "end_us": int(sections["end"] * 1e6),
                **sections.get("plan", {}),
            }
        )
    return plans


def run(
    plans: list[dict[str, Any]],
    *,
    firmware: Path = FIRMWARE,
    heap: str = "1M",
    stop_s: float | None = None,
    timeout_s: float = 3600,
    start: Callable[..., Boot] | None = None,
) -> Joined:
    """Boots one after the other, each in a fresh interpreter; flash and NVS go on.

    Parameters
    ----------
    plans : list of dict
        `PLAN` with what differs; times go on from one to the next.
    firmware : Path
        Folder with ``main.py``: the real one, or a mutant.
    start : callable, optional
        What runs a boot (`apart.run_boot`); as it is: firmware and simulated world in one interpreter.
    """
    joined = Joined(LinkSession("packets", PROFILE_C, 100.0))
    joined.session.start()
    joined.stop_s = stop_s
    # ATT takes three bytes of a packet.
    host = Host(joined, plans[0].get("mtu", 247) - 3)
    with tempfile.TemporaryDirectory() as folder:
        nvs: dict[str, Any] = {}
        start_us = 0
        for number, differing in enumerate(plans):
            plan = {**PLAN, **differing, "nvs": nvs, "flash": f"{folder}/flash", "new": number == 0}
            plan["start_us"] = start_us
            boot = (start or _run_boot)(plan, host, firmware, heap, timeout_s)
            joined.boots.append(boot)
            nvs = boot.end["nvs"]
            # Half a second without supply.
            start_us = boot.end["now_us"] + 500_000
    return joined


def follow(boot: Boot, host: Host, process: "subprocess.Popen[str]") -> list[str]:
    """Be the host of a simulated world until it ends; returns the lines that were just printed."""
    assert process.stdin is not None and process.stdout is not None
    rest: list[str] = []
    for line in process.stdout:
        if line[0] == ">":
            at, up, *rows = line[1:].split()
            packets = [(row[0] == "1", bytes.fromhex(row[1:])) for row in rows]
            answer = host.event(int(at) * 1e-6, up == "1", packets)
            process.stdin.write(" ".join(one.hex() for one in answer) + "\n")
            process.stdin.flush()
        elif line[0] == "@":
            said = json.loads(line[1:])
            if "boot" in said:
                boot.boot, boot.origin_us = said["boot"], said["origin_us"]
            elif "imu" in said:
                boot.chips.append(said)
            else:
                boot.end = said
        else:
            rest.append(line)
    return rest


def _run_boot(plan: dict[str, Any], host: Host, firmware: Path, heap: str, timeout_s: float) -> Boot:
    call = json.dumps({"script": "session_world", "function": "run", "arguments": {"plan": plan}})
    path = [mpy_runner.WORLD, firmware, mpy_runner.ROOT / "protocol", ".frozen"]
    environment = mpy_runner.environment(RIG_CALL=call)
    environment["MICROPYPATH"] = ":".join(str(one) for one in path)
    boot = Boot()
    with subprocess.Popen(
        [mpy_runner.INTERPRETER, "-X", f"heapsize={heap}", str(mpy_runner.WORLD / "rig_main.py")],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        rest = follow(boot, host, process)
        process.wait(timeout_s)
    if not boot.end or process.returncode:
        raise mpy_runner.ScriptError("".join(rest)[-3000:])
    boot.end["printed"] = "".join(rest)
    return boot


@dataclass
class Account:
    """Samples of one IMU in one boot, told apart one by one."""

    made: int = 0
    received: int = 0
    lost: int = 0  # not received, and not for a reason below
    destroyed: int = 0  # in the chip: by a bus error, an overflow
    unplugged: int = 0  # in the FIFO when its supply went, or before a restart
    in_ram: int = 0  # in RAM when the supply went
    damaged: int = 0  # a bit of theirs was flipped on the bus
    doubled: int = 0
    disordered: int = 0
    misplaced: int = 0  # the index does not fit the chip's count
    worst_us: float = 0.0  # time stamp against truth, 30 s after the sensor started
    early_us: float = 0.0  # the same before
    resyncs: int = 0
    jumps: int = 0  # samples the indices jump over, where no estimate is flagged


def account(joined: Joined, boot: Boot, imu: int) -> Account:
    """Compare one IMU's samples of a boot with the ledger."""
    out = Account()
    chip = boot.chips[imu]
    generations = chip["generations"]
    starts = np.array([one[0] for one in generations])
    seen: dict[int, int] = {}
    last = -1
    next_index: int | None = None
    shift: dict[int, int] = {}
    anew_us = 0.0
    for (_, _), block in sorted((k, b) for k, b in joined.blocks.items() if k[0] == boot.boot):
        count = block.counts[imu]
        if not count:
            continue
        rows = np.frombuffer(block.samples[imu], "<i2").reshape(count, -1)[:, -6:].astype(np.int64)
        first = block.first_index[imu]
        if next_index is not None and not block.imu_flags[imu] & IMU_RESYNC:
            out.jumps += first - next_index
        out.disordered += next_index is not None and first < next_index
        if block.imu_flags[imu] & IMU_RESYNC:
            out.resyncs += 1
            anew_us = block.time_us + boot.origin_us
        next_index = first + count
        numbers = rows[:, 0] | rows[:, 1] << 14
        whole = (
            (rows[:, 0] >= 0)
            & (rows[:, 1] >= 0)
            & (rows[:, 2] == imu)
            & (rows[:, 3] == (numbers * 31) & 0x3FFF)
            & (rows[:, 4] == (numbers * 101 >> 3) & 0x3FFF)
            & (rows[:, 5] == 4096 ^ (numbers >> 14))
        )
        for i in range(count):
            number = int(numbers[i])
            generation = int(np.searchsorted(starts, number, "right")) - 1
            if not whole[i]:
                out.damaged += 1
                # Its index tells which it was.
                known = list(shift.values())
                number = first + i + known[-1] if known else -1
                generation = int(np.searchsorted(starts, number, "right")) - 1
                if number < 0:
                    continue
            offset = number - first - i
            if generation not in shift:
                shift[generation] = offset
            elif shift[generation] != offset:
                out.misplaced += 1
                shift[generation] = offset
            if number in seen:
                out.doubled += 1
            seen[number] = 1
            out.disordered += number < last
            last = max(last, number)
            base, start_us, period_us, _ = generations[generation]
            truth = start_us + (number - base + 1) * period_us - boot.origin_us
            stamped = block.sample_time_ns(imu, i) / 1000
            if truth + boot.origin_us - max(start_us, anew_us) > 30e6:
                out.worst_us = max(out.worst_us, abs(stamped - truth))
            else:
                out.early_us = max(out.early_us, abs(stamped - truth))
    out.made = chip["made"]
    out.received = len(seen)
    destroyed, flushed, left = set(chip["destroyed"]), set(chip["flushed"]), set(chip["left"])
    for g, (base, _, _, takes) in enumerate(generations):
        end = generations[g + 1][0] if g + 1 < len(generations) else chip["made"]
        if not takes:
            continue
        # Behind the last one that arrived before a supply went: no index tells of it, the gap there is an estimate.
        ended = max((number for number in range(base, end) if number in seen), default=base - 1)
        for number in range(base, end):
            if number in seen:
                continue
            if number > ended and (end < chip["made"] or number in destroyed):
                out.unplugged += 1
            elif number in destroyed:
                out.destroyed += 1
            elif number in flushed or number in left:
                out.unplugged += 1
            elif number > last:
                out.in_ram += 1
            else:
                out.lost += 1
    return out
