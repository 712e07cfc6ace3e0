"""``hiphinge device ...`` and ``hiphinge devices``: options and words; `app.device` does the work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hiphinge.app.device.calibrate import Progress
    from hiphinge.app.device.install import Installed, Site
    from hiphinge.device.six_positions import Fitted
    from hiphinge.transports.ble import BleDevice

Port: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="PORT", help="Serial port, or a part of its name. Default: the one that looks like ours."),
]
TryPort: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="PORT", help="Serial port, or virtual. Default: the port that looks like ours."),
]
ConsolePort: TypeAlias = Annotated[
    str | None,
    typer.Option("--console", metavar="PORT", help="Where MicroPython's prompt is, if not found by itself."),
]
Firmware: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Firmware to install. Default: the one that came with hiphinge.")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]

# Of a device heard on Bluetooth, as JSON.
_TOLD = ("name", "address", "rssi_dbm", "battery_percent", "firmware", "pairing")

device = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Set up one device on a cable.")


@device.command()
def flash(
    image: Annotated[Path, typer.Option(metavar="FILE.bin", help="MicroPython's image from micropython.org.")],
    port: Port = None,
    console: ConsolePort = None,
    firmware: Firmware = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before erasing.")] = False,
) -> None:
    """Erase a board and write MicroPython, the partition table and the firmware.

    \b
    Examples:
      hiphinge device flash --image ESP32_GENERIC_S3.bin
      hiphinge device flash --image ESP32_GENERIC.bin --port /dev/ttyUSB0 --yes
    """
    from hiphinge.app.device.install import flash as flash_it
    from hiphinge.app.device.install import plan_flash
    from hiphinge.cli.screen import say
    from hiphinge.device.sources import find_sources

    sources, site = find_sources(firmware), _site(port, console)
    board, ours, words = plan_flash(site, sources, image)
    say(words)
    if not yes:
        _ask_first()
    _say_installed(_with_bar(lambda tell: flash_it(site, sources, board, ours, tell)))


@device.command()
def update(port: Port = None, console: ConsolePort = None, firmware: Firmware = None) -> None:
    """Install the firmware that came with hiphinge; interrupted, the device keeps the old one.

    \b
    Examples:
      hiphinge device update
      hiphinge device update --port /dev/ttyACM1 --console /dev/ttyACM0
    """
    from hiphinge.app.device.install import update as update_it
    from hiphinge.device.sources import find_sources

    sources, site = find_sources(firmware), _site(port, console)
    _say_installed(_with_bar(lambda tell: update_it(site, sources, tell)))


@device.command()
def selftest(port: TryPort = None, json: AsJson = False) -> None:
    """Have the device test itself: each step with what was expected and seen. Exit code 1 where a step failed.

    \b
    Examples:
      hiphinge device selftest
      hiphinge device selftest --port virtual --json
    """
    from dataclasses import asdict

    from hiphinge.app.device.reach import reach, run
    from hiphinge.app.device.selftest import selftest as test_it
    from hiphinge.cli.screen import data_console, print_columns, say

    tested = run(reach(port), test_it)
    if json:
        _print_json({"schema": "hiphinge.selftest/1", **asdict(tested), "passed": tested.passed})
    else:
        headings = [("step", "", False), ("where", "", False), ("result", "", False)]
        headings += [("expected", "", True), ("seen", "", True)]
        rows = [
            (
                one.step,
                one.where,
                one.result.upper() if one.result == "fail" else one.result,
                one.expected,
                str(one.seen),
            )
            for one in tested.steps
        ]
        print_columns(data_console(), headings, rows)
        failed = sum(one.result == "fail" for one in tested.steps)
        who = f"{tested.name} {tested.serial}, firmware {tested.firmware}"
        say(f"{who}: passed" if tested.passed else f"{who}: {failed} of {len(tested.steps)} steps failed")
    if not tested.passed:
        raise typer.Exit(1)


@device.command()
def identify(
    port: TryPort = None,
    seconds: Annotated[float, typer.Option(metavar="S", min=0, max=30, help="For how long; 0 ends it.")] = 3.0,
) -> None:
    """Have the device blink and buzz: which one is it?

    \b
    Example:
      hiphinge device identify --port /dev/ttyACM1
    """
    from hiphinge.app.device.reach import reach, run
    from hiphinge.cli.screen import say
    from hiphinge.device.asking import Conversation
    from hiphinge_wire.requests import Identify

    async def blink(found: Conversation) -> str:
        await found.ask(Identify(duration_ms=round(seconds * 1000)))
        return f"{found.info.name} {found.info.serial} at {found.place}"

    say(f"{run(reach(port), blink)}: {f'blinks for {seconds:g} s' if seconds else 'stopped'}")


@device.command()
def config(
    settings: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="What to set.")] = None,
    port: TryPort = None,
    json: AsJson = False,
) -> None:
    """Show the device's settings, or set some: all of them or none.

    \b
    Examples:
      hiphinge device config
      hiphinge device config name=anna led_percent=10
      hiphinge device config passkey=271828 passkey_pairing=1
    """
    from hiphinge.app.device.configure import configure, parsed
    from hiphinge.app.device.reach import reach, run
    from hiphinge.cli.screen import data_console, print_columns, say
    from hiphinge_wire.config import KEYS

    wanted = parsed(settings or [])
    values = run(reach(port), lambda found: configure(found, wanted))
    if json:
        _print_json({"schema": "hiphinge.config/1", "values": values})
        return
    rows = [
        # A passkey is six digits on every screen that asks for it.
        (
            name,
            f"{values[name]:{'06' if name == 'passkey' else ''}}",
            f"1 to {high} bytes" if code == "T" else f"{low} to {high}",
        )
        for name, code, low, high, _ in KEYS.values()
        if name in values and (not wanted or name in wanted)
    ]
    print_columns(data_console(), [("setting", "", False), ("value", "", True), ("allowed", "", False)], rows)
    if {"passkey", "passkey_pairing"} & set(wanted):
        say("pairing asks for the passkey from the device's next restart on: switch it off and on")


@device.command()
def calibrate(
    port: Port = None,
    sensor: Annotated[str, typer.Option(metavar="S", help="sacral, thoracic or both.")] = "both",
    slanted: Annotated[
        bool, typer.Option("--slanted", help="Three more positions, leaning: twenty times better in cross-axis terms.")
    ] = False,
    gravity: Annotated[
        float, typer.Option(metavar="G", min=9.7, max=9.9, help="Gravity where you are, m/s².")
    ] = 9.80665,
    forget: Annotated[bool, typer.Option("--forget", help="Remove the stored calibration instead.")] = False,
) -> None:
    """Measure the accelerometers' and gyroscopes' errors: lay each sensor on its six sides, in any order.

    \b
    Examples:
      hiphinge device calibrate --slanted
      hiphinge device calibrate --sensor sacral --gravity 9.781
    """
    from hiphinge.app.device import calibrate as work
    from hiphinge.app.device.reach import reach, run
    from hiphinge.cli.screen import say

    if sensor not in (*work.SENSORS, "both"):
        raise typer.BadParameter(f'--sensor "{sensor}": use sacral, thoracic or both')
    sensors = [0, 1] if sensor == "both" else [work.SENSORS.index(sensor)]
    if forget:
        run(reach(port), lambda found: work.forget(found, sensors))
        say(f"calibration removed: {', '.join(work.SENSORS[imu] for imu in sensors)}")
        return
    say("Lay each sensor on a table on each of its sides, in any order; each takes 2 s without touching it.")
    guidance = _Guidance()
    done = run(
        reach(port),
        lambda found: work.calibrate(found, sensors, guidance.tell, slanted=slanted, gravity_mps2=gravity),
    )
    _show_calibrations({work.SENSORS[imu]: one for imu, one in done.items()})


def devices(
    json: AsJson = False,
    every: Annotated[bool, typer.Option("--every", help="Ask at ports that do not look like ours, too.")] = False,
) -> None:
    """List the devices on this computer's serial ports and on Bluetooth: name, address, battery, firmware.

    Opening a port restarts some boards.

    \b
    Examples:
      hiphinge devices
      hiphinge devices --json
    """
    from dataclasses import asdict

    from hiphinge.app.device.found import find_devices
    from hiphinge.cli.screen import data_console, print_columns, say
    from hiphinge.transports.ports import list_ports

    found = find_devices(list_ports(), every)
    heard, silence = _heard()
    if json:
        in_the_air = [{name: getattr(one, name) for name in _TOLD} for one in heard]
        _print_json(
            {"schema": "hiphinge.devices/1", "devices": [asdict(one) for one in found], "bluetooth": in_the_air}
        )
        if silence:
            say(silence)
        return
    rows = [
        (
            one.name or "-",
            one.port,
            "-" if one.battery_percent is None else f"{one.battery_percent} %",
            one.firmware or "-",
            one.state or "-",
        )
        for one in found
    ]
    rows += [
        (
            one.name or "-",
            f"ble:{one.address}",
            "-" if one.battery_percent is None else f"{one.battery_percent} %",
            one.firmware or "-",
            f"{one.rssi_dbm} dBm{', pairing' if one.pairing else ''}",
        )
        for one in heard
    ]
    if rows:
        headings = [("name", "", False), ("address", "", False), ("battery", "", True), ("firmware", "", False)]
        print_columns(data_console(), [*headings, ("state", "", False)], rows)
    else:
        say("No serial port looks like a device of ours; plug it in, or try --every.")
    for one in found:
        if one.why_not:
            say(one.why_not)
    if silence:
        say(silence)


def _heard() -> tuple[list[BleDevice], str]:
    """Devices on Bluetooth, or why there is no telling."""
    import asyncio

    from hiphinge.transports.base import TransportError
    from hiphinge.transports.ble import list_devices

    try:
        return asyncio.run(list_devices()), ""
    except TransportError as error:
        return [], str(error)


def _site(port: str | None, console: str | None) -> Site:
    from hiphinge.app.device.install import Site
    from hiphinge.app.device.places import places
    from hiphinge.device.tools import Tools
    from hiphinge.transports.ports import list_ports

    data, prompt = places(port, console, list_ports())
    return Site(Tools(), data, prompt)


def _ask_first() -> None:
    from hiphinge.device.errors import DeviceError

    if not sys.stdin.isatty():
        raise DeviceError("nobody is there to be asked before erasing; give --yes")
    if not typer.confirm("Erase it?", default=False, err=True):
        raise DeviceError("nothing was changed")


def _with_bar(work: Callable[[Callable[[str, float], None]], Installed]) -> Installed:
    from hiphinge.cli.progress import LateProgress
    from hiphinge.cli.screen import talk_console

    with LateProgress(talk_console(), 100) as bar:
        shown = 0

        def tell(doing: str, share: float) -> None:
            nonlocal shown
            bar.doing(doing)
            bar.done(round(100 * share) - shown)
            shown = round(100 * share)

        return work(tell)


def _say_installed(done: Installed) -> None:
    from hiphinge.cli.screen import say

    before = f" (before: {done.before})" if done.before else ""
    say(f"firmware {done.version} runs{before}: {done.files} files, {done.size_bytes >> 10} KiB, every one verified")


class _Guidance:
    """What to do next, in lines; on a terminal the present position counts up."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def tell(self, at: Progress) -> None:
        if at.taken or not at.done:
            clear = "\r\x1b[K" if self._live else ""
            if at.taken:
                sys.stderr.write(f"{clear}{at.done} of {at.wanted}: {at.taken}\n")
            todo = "; ".join(f"{name}: {', '.join(left)}" for name, left in at.missing.items() if left)
            if todo and not at.share:
                sys.stderr.write(f"{clear}still to do: {todo}\n")
        elif self._live and at.share:
            sys.stderr.write(f"\r\x1b[Kstill for {at.share:.0%} of the time needed")
        sys.stderr.flush()


def _show_calibrations(done: dict[str, Fitted]) -> None:
    from datetime import UTC, datetime

    from hiphinge.cli.screen import data_console, print_columns, say

    headings = [("sensor", "", False), ("offset", "mg", True), ("scale", "%", True), ("cross-axis", "%", True)]
    headings += [("gyro bias", "deg/s", True), ("left over", "mg", True), ("before", "mg", True)]
    rows: Sequence[tuple[str, ...]] = [
        (
            name,
            " ".join(f"{v * 1000:.1f}" for v in one.acc_offset_g),
            " ".join(f"{(v - 1) * 100:.2f}" for v in one.acc_matrix.diagonal()),
            " ".join(f"{one.acc_matrix[at] * 100:.2f}" for at in ((0, 1), (0, 2), (1, 2))),
            " ".join(f"{v:.2f}" for v in one.gyr_offset_dps),
            f"{one.residual_g * 1000:.2f}",
            f"{one.before_g * 1000:.2f}",
        )
        for name, one in done.items()
    ]
    print_columns(data_console(), headings, rows)
    if any(not one.slanted for one in done.values()):
        say("Six positions determine what they measure, so little is left over by design; --slanted checks it.")
    say(f"stored on the device and read back, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; applied from now on")


def _print_json(what: dict[str, Any]) -> None:
    import json

    sys.stdout.write(json.dumps(what, indent=1) + "\n")
