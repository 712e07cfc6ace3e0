"""``hiphinge device erase``: options and words; `app.device.erase` does the work."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def erase(
    source: Annotated[
        str, typer.Option("--source", metavar="S", help="serial[:PORT], ble[:NAME] or virtual.")
    ] = "serial",
    samples_only: Annotated[
        bool, typer.Option("--samples-only", help="Leave pairings, name and settings as they are.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before erasing.")] = False,
) -> None:
    """Erase what a device keeps of whoever wore it: stored samples, pairings, name and settings.

    Its calibration stays, which is of no person. Sessions on this computer stay: delete their folders.

    \b
    Examples:
      hiphinge device erase
      hiphinge device erase --source ble:anna
      hiphinge device erase --samples-only --yes
    """
    import asyncio

    from hiphinge.app.device.erase import erase as erase_it
    from hiphinge.app.device.erase import reached
    from hiphinge.cli.screen import say
    from hiphinge.device.errors import DeviceError

    device = reached(source)
    what = "samples nobody has fetched" + ("" if samples_only else ", all pairings, its name and its settings")
    if not yes:
        if not sys.stdin.isatty():
            raise DeviceError("nobody is there to be asked before erasing; give --yes")
        if not typer.confirm(f"Erase {what} from the device ({source})?", default=False, err=True):
            raise DeviceError("nothing was changed")
    say("Erasing; a full store takes minutes.")
    done = asyncio.run(erase_it(device, everything=not samples_only))
    say(f"{done.device}: erased {what}")
    if done.unpaired is False:
        say("This computer still has its half of the pairing: forget the device in its Bluetooth settings.")
