"""The other side of `near`: serves the simulated board to a firmware that runs in an interpreter of its own.

Every call of the firmware comes as four numbers and data (near/far.py); what it asks for is what `machine`, `esp32`,
`time` and `bluetooth` of this folder do.
"""

import os
import time
from array import array

import bluetooth
import esp32
import machine
import session_world
import sim_board as board
from rig_report import report
from sim_clock import clock
from sim_radio import radio

_OK, _ERROR, _RESET, _CALL_BACK, _END = range(5)


class Far:
    """One boot's firmware at the other end of two pipes."""

    def __init__(self, plan):
        self._from = open(int(os.getenv("FAR_IN")), "rb")
        self._to = open(int(os.getenv("FAR_OUT")), "wb")
        self._asks = array("i", (0, 0, 0, 0))
        self._answer = array("i", (0, 0))
        self.plan = plan
        self.world, self.chips, self.flash = session_world.prepare(plan)
        self.ended = "plan"
        self._buses = {}
        self._pins = {}
        self._ble = bluetooth.BLE()
        self._ble.irq(self._tell)
        self._rtc = machine.RTC()
        self._nvs = self._watchdog = None
        self._do = {
            1: lambda x, y, z, data: time.ticks_us(),
            2: lambda x, y, z, data: time.ticks_ms(),
            3: lambda x, y, z, data: clock.advance(max(0, x)),
            10: lambda x, y, z, data: machine.reset(),
            11: lambda x, y, z, data: machine.reset_cause(),
            12: lambda x, y, z, data: machine.deepsleep(),
            13: lambda x, y, z, data: machine.Pin(x, machine.Pin.IN, y).value(),
            14: lambda x, y, z, data: machine.Pin(x).value(y),
            15: lambda x, y, z, data: machine.ADC(x).read_uv(),
            16: lambda x, y, z, data: machine.PWM(machine.Pin(x), freq=y, duty_u16=z) and 0,
            17: lambda x, y, z, data: self._rtc.memory(),
            18: lambda x, y, z, data: self._rtc.memory(data),
            19: self._watch,
            20: lambda x, y, z, data: self._watchdog.feed(),
            21: self._open_bus,
            22: lambda x, y, z, data: self._buses[x >> 8].readfrom_mem(x & 255, y, z),
            23: lambda x, y, z, data: self._buses[x >> 8].writeto_mem(x & 255, y, data),
            30: lambda x, y, z, data: len(esp32.Partition.find(label=data.decode())),
            31: lambda x, y, z, data: self.flash.ioctl(x, y),
            32: self._read_flash,
            33: lambda x, y, z, data: self.flash.writeblocks(x, data, y),
            34: self._open_nvs,
            35: lambda x, y, z, data: self._nvs.get_i32(data.decode()),
            36: lambda x, y, z, data: self._nvs.set_i32(data.decode(), x),
            37: self._blob,
            38: lambda x, y, z, data: self._nvs.set_blob(data[:x].decode(), data[x:]),
            39: lambda x, y, z, data: self._nvs.erase_key(data.decode()),
            40: lambda x, y, z, data: self._nvs.commit(),
            41: lambda x, y, z, data: esp32.wake_on_ext0(machine.Pin(x), y),
            50: lambda x, y, z, data: self._ble.active(bool(x)) and 0,
            51: self._register,
            52: lambda x, y, z, data: self._ble.gatts_read(x),
            53: lambda x, y, z, data: self._ble.gatts_write(x, data),
            54: lambda x, y, z, data: self._ble.gatts_notify(x, y, data),
            55: lambda x, y, z, data: self._ble.gap_advertise(x, data[:y], resp_data=data[y:]),
            56: lambda x, y, z, data: int(self._ble.gap_disconnect(x)),
            60: lambda x, y, z, data: clock.ticks_us(),
            61: self._built,
            62: self._passed,
        }

    def _watch(self, x, y, z, data):
        self._watchdog = machine.WDT(timeout=x)

    def _open_bus(self, x, y, z, data):
        self._buses[x] = machine.I2C(x, freq=y)

    def _open_nvs(self, x, y, z, data):
        self._nvs = esp32.NVS(data.decode())

    def _blob(self, x, y, z, data):
        buffer = bytearray(512)
        return bytes(buffer[: self._nvs.get_blob(data.decode(), buffer)])

    def _read_flash(self, x, y, z, data):
        buffer = bytearray(z)
        self.flash.readblocks(x, buffer, y)
        return buffer

    def _register(self, x, y, z, data):
        (((handle,),),) = (self._ble.gatts_register_services(((None, ((bluetooth.UUID(data.decode()),),)),)),)
        return handle

    def _built(self, x, y, z, data):
        # Where time 0 of the device is: unknown to everybody but the ledger.
        report(boot=y, origin_us=clock.now_us - x)
        clock.watchers.append(self.world.watch)
        radio.begin()
        return self.plan.get("first_sequence", 0)

    def _passed(self, x, y, z, data):
        self.world.pause()
        if clock.now_us >= self.plan["end_us"]:
            raise SystemExit
        return 0

    # -- the line

    def serve(self):
        """Answer until the firmware's interpreter has ended, or, within an event, until its handler has."""
        while self._from.readinto(self._asks) == 16:
            operation = self._asks[0] & 255
            count = self._asks[0] >> 8
            x, y, z = self._asks[1], self._asks[2], self._asks[3]
            data = self._from.read(count) if count else None
            if not operation:
                return x
            value = None
            status = _OK
            try:
                if self.ended == "plan":
                    value = self._do[operation](x, y, z, data)
                else:
                    status = _RESET
            except OSError as error:
                status, value = _ERROR, error.args[0]
            except SystemExit:
                status = _END
            except board.Reset as reset:
                self.ended = "reset %d" % reset.cause
                status = _RESET
            self._say(status, value)
        return 0

    def _say(self, status, value):
        data = None if value is None or isinstance(value, int) else value
        self._answer[0] = status | (len(data) << 8 if data else 0)
        self._answer[1] = value if isinstance(value, int) else 0
        self._to.write(self._answer)
        if data:
            self._to.write(data)

    def _tell(self, event, values):
        # The handler runs over there; whatever it asks meanwhile is answered.
        numbers = [int(one) for one in values if isinstance(one, (int, bool))]
        data = bytearray((len(numbers),))
        for one in numbers:
            data.extend(bytes((one & 255, one >> 8)))
        for one in values:
            if isinstance(one, bytes):
                data.extend(one)
        self._answer[0] = _CALL_BACK | len(data) << 8
        self._answer[1] = event
        self._to.write(self._answer)
        self._to.write(data)
        if self.serve():
            raise RuntimeError("in the handler")


def run(plan):
    """A boot, as `session_world.run` has one, of a firmware that is elsewhere."""
    far = Far(plan)
    far.serve()
    session_world.ledger(far.chips, far.world, far.flash, far.ended)
