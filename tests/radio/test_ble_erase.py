"""`device erase` over the radio: what a wearer left on the device is gone, on this computer the pairing."""

import asyncio
from pathlib import Path

import mpy_runner
import pytest
from radio_air import Air
from radio_firmware import Firmware
from radio_session import RadioHost
from radio_time import simulated
from radio_virtual import DEVICE_ADDRESS, Central

from hiphinge.app.device.erase import Erased, Reached, erase
from hiphinge.device.asking import Conversation
from hiphinge.transports.ble import BleTransport
from hiphinge.transports.ble_last import Memory
from hiphinge_wire.config import ConfigSet

pytestmark = pytest.mark.skipif(not mpy_runner.INTERPRETER.exists(), reason="no MicroPython interpreter")

BUTTON = [[1_000_000, "press", 0], [4_200_000, "press", 1]]
# Of the wearer: it must be nowhere afterwards.
NAME = "anna b"


class Story:
    """A host that is killed in the middle of a session, then `erase`, then the same host again without the button."""

    def __init__(self, folder: Path, everything: bool) -> None:
        self.memory = Memory(folder / "bluetooth.json")
        self.everything = everything
        self.flash = b""

    async def run(self) -> "Story":
        loop = asyncio.get_running_loop()
        air = Air(0.015)
        # 60 sectors of 45 to 400 ms: longer than the watchdog waits.
        firmware = Firmware(air, actions=BUTTON, sectors=64)
        central = await Central(air).on()
        firmware.switch_on()
        try:
            await asyncio.sleep(4.5)

            def transport() -> BleTransport:
                return BleTransport(memory=self.memory, radio=central.radio, clock=loop.time)

            host = await RadioHost(transport()).begin()
            await host.until(lambda: host.first_s is not None)
            host.session.outbox.ask(ConfigSet(values={"name": NAME}), "name")
            await asyncio.sleep(2.0)
            await host.end()
            await asyncio.sleep(75.0)  # the window is closed
            self.stored = self._marks(firmware)
            radio = transport()
            conversation = Conversation(radio, clock=loop.time, patience_s=60.0)
            self.done: Erased = await erase(Reached(conversation, radio, self.memory), everything=self.everything)
            await asyncio.sleep(2.0)
            self.left = self._marks(firmware)
            self.last = self.memory.recall()
            self.again = await RadioHost(BleTransport(DEVICE_ADDRESS, radio=central.radio, clock=loop.time)).begin()
            await asyncio.sleep(8.0)
            await self.again.end()
        finally:
            firmware.close()
        self.nvs = firmware.nvs
        end = firmware.boots[-1].end
        self.faults = end["faults"], end["handler_dead"]
        assert len(firmware.boots) == 1 and end["ended"] == "plan" and end["longest_unfed_us"] < 8_000_000
        return self

    @staticmethod
    def _marks(firmware: Firmware) -> int:
        """Bytes of the flash file that are not as erased flash is."""
        return sum(byte != 0xFF for byte in (Path(firmware._folder.name) / "flash").read_bytes())


def test_everything_is_gone_and_who_was_paired_is_a_stranger(tmp_path: Path):
    story = simulated(Story(tmp_path, True).run())
    assert story.stored > 50_000 and story.left < 64 * 64  # headers of sectors at most
    assert story.done.everything and story.done.unpaired
    assert story.last is None
    bonds = [value for key, value in story.nvs.items() if key.startswith("bond") and value[:2] in ("01", "02")]
    assert bonds == []
    assert NAME.encode().hex() not in str(story.nvs)
    assert story.again.blocks == {} and "hold its button" in story.again.downs[0].reason
    assert story.faults == (0, False)


def test_samples_alone_leave_the_pairing(tmp_path: Path):
    story = simulated(Story(tmp_path, False).run())
    assert story.stored > 50_000 and story.left < 64 * 64
    assert story.done.unpaired is None and story.last is not None
    assert story.again.first_s is not None
    assert NAME.encode().hex() in str(story.nvs)
    assert {one.name for one in story.again.events if type(one).__name__ == "DeviceInfo"} == {NAME}
