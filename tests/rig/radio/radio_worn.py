"""The real firmware on somebody who moves, over the radio, into the real live path: when each angle was known."""

import asyncio
import tempfile
from pathlib import Path

import numpy as np
from joined import PLAN
from radio_air import Air
from radio_firmware import Firmware
from radio_virtual import DEVICE_ADDRESS, Central

from hiphinge.app.live.plan import planned
from hiphinge.app.live.session import LiveSession
from hiphinge.app.live.updates import Finished, LiveUpdate, Shown
from hiphinge.engine import Inline
from hiphinge.model import Floats
from hiphinge.simulate.body import GRAVITY_MPS2
from hiphinge.transports.ble import BleTransport
from hiphinge.virtual.wearer import Wearer

# The button is held from 1 s on; the window is open at 4 s, when the host comes.
BUTTON = [[1_000_000, "press", 0], [4_200_000, "press", 1]]
PAIRED_S = 4.5
# The settings' defaults, 120 Hz, 1000 dps and 8 g, and what a count is then (LSM6DSV16X data sheet, table 3).
_CHIP_HZ, _GYR_DPS, _ACC_G = 120.0, 0.035, 0.000244


def _counts(wearer: Wearer, folder: Path) -> list[str]:
    """Files of what the two simulated chips count while somebody wears them: gyroscope and accelerometer, int16."""
    paths: list[str] = []
    for imu, error in enumerate(PLAN["rate_errors"]):
        rate_hz = _CHIP_HZ * (1 + error)
        force_mps2, rate_radps = wearer.true(imu, (np.arange(int(wearer.duration_s * rate_hz)) + 1) / rate_hz)
        counts = np.concatenate([np.degrees(rate_radps) / _GYR_DPS, force_mps2 / GRAVITY_MPS2 / _ACC_G], axis=1)
        path = folder / f"counts{imu}"
        path.write_bytes(np.clip(np.rint(counts), -32768, 32767).astype("<i2").tobytes())
        paths.append(str(path))
    return paths


async def made_to_angle(wearer: Wearer, interval_s: float) -> tuple[Floats, Finished]:
    """A session of the wearer's length; in simulated time.

    Returns
    -------
    (N,) float
        From each sample made to its angle on the host, s; those before the calibration are left out, as they become
        known with it.
    Finished
        What was judged.
    """
    loop = asyncio.get_running_loop()
    air = Air(interval_s)
    told: list[tuple[LiveUpdate, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        # A minute's counts are half a megabyte of the interpreter's heap, and as much again while they are read.
        firmware = Firmware(air, actions=BUTTON, counts=_counts(wearer, Path(folder)), heap="3m")
        central = await Central(air).on()
        firmware.switch_on()
        await asyncio.sleep(PAIRED_S)
        transport = BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)
        session = LiveSession(planned(None), transport, clock=loop.time, sleep=asyncio.sleep, executor=Inline())
        session.listen(lambda update: told.append((update, loop.time())))
        running = asyncio.ensure_future(session.run())
        await asyncio.sleep(wearer.duration_s)
        session.end()
        await running
        firmware.close()
    (boot,) = firmware.boots
    at_30_s = session.link.session_time_s(boot.boot, 30.0)
    assert at_30_s is not None
    # Where session time 0 lies in the world's.
    zero_s = 30.0 - at_30_s + boot.origin_us * 1e-6
    shown = [(update, at_s) for update, at_s in told if isinstance(update, Shown)]
    (finished,) = [update for update, _ in told if isinstance(update, Finished)]
    return np.concatenate([at_s - zero_s - update.angles.time_s for update, at_s in shown[1:]]), finished
