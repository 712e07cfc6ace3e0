"""Current by state, runtime, charging, and the margin of the 3.3 V rail at the low-battery threshold.

All of it is calculated from `figures.toml`; no current of a built device has been measured.
"""

from dataclasses import dataclass

from hiphinge_hardware.figures import Figure

# A set of ten hinges of 10 s with a cue of 0.4 s each: more than a device that is used well gives.
CUE_DUTY = 0.04
# The LED while recording, core/policies.py; a test holds it to that.
LED_RECORDING_DUTY = 0.5


@dataclass(frozen=True)
class State:
    """What the device draws from the cell in one state."""

    name: str
    parts_ma: dict[str, float]

    @property
    def total_ma(self) -> float:
        """All of it."""
        return sum(self.parts_ma.values())


def _v(figures: dict[str, Figure], name: str) -> float:
    return float(figures[name].value)


def states(figures: dict[str, Figure], leds_cut: bool = True) -> list[State]:
    """Current by state; `leds_cut`: the power LEDs of controller and breakouts are cut, as the assembly says."""
    leds = 0.0 if leds_cut else 2 * _v(figures, "imu.power_led_ma") + _v(figures, "current.board_led_ma")
    always = {
        "regulators": 2 * _v(figures, "rail.quiescent_ma"),
        "gauge": _v(figures, "current.gauge_ma"),
        "divider": _v(figures, "current.divider_ma"),
        "power LEDs": leds,
    }
    sensors = 2 * _v(figures, "imu.run_ma")
    led = _v(figures, "current.led_ma")
    stream = {"controller": _v(figures, "current.stream_ma"), "sensors": sensors, "LED": led * LED_RECORDING_DUTY}
    return [
        State("recording", {**stream, **always}),
        State("recording with cues", {**stream, "motor": _v(figures, "current.motor_ma") * CUE_DUTY, **always}),
        State("waiting", {"controller": _v(figures, "current.advertise_ma"), "LED": led / 80, **always}),
        State(
            "asleep",
            {
                "controller": _v(figures, "current.deep_sleep_ma"),
                "sensors": 2 * _v(figures, "imu.sleep_ma"),
                **always,
            },
        ),
    ]


def runtime_h(capacity_mah: float, usable: float, current_ma: float) -> float:
    """Hours on one charge."""
    return capacity_mah * usable / current_ma


@dataclass(frozen=True)
class Reading:
    """What somebody with a multimeter should see at the bench."""

    what: str
    how: str
    low: float
    high: float
    unit: str


def readings(figures: dict[str, Figure]) -> list[Reading]:
    """Currents and voltages to be measured on a finished device, with their ranges."""
    by_name = {state.name: state.total_ma for state in states(figures)}
    low, high = _v(figures, "meter.low_share"), _v(figures, "meter.high_share")
    rail_v, rail = _v(figures, "i2c.supply_v"), _v(figures, "meter.rail_share")
    charge_ma, spread = _v(figures, "controller.charge_ma"), _v(figures, "meter.charge_share")
    in_series = "meter in the cell's red lead, mA range"
    return [
        Reading("3.3 V rail", "3V3 to GND, switched on", rail_v * (1 - rail), rail_v * (1 + rail), "V"),
        Reading("waiting", in_series, by_name["waiting"] * low, by_name["waiting"] * high, "mA"),
        Reading(
            "recording", f"{in_series}; hiphinge record", by_name["recording"] * low, by_name["recording"] * high, "mA"
        ),
        Reading("asleep", f"{in_series}; left alone until it sleeps", 0.0, _v(figures, "meter.sleep_high_ma"), "mA"),
        Reading(
            "charging", "the same, USB in, cell half full", charge_ma * (1 - spread), charge_ma * (1 + spread), "mA"
        ),
    ]


def charge_c(charge_ma: float, capacity_mah: float) -> float:
    """Charge current as a multiple of the capacity in an hour."""
    return charge_ma / capacity_mah


def least_capacity_mah(charge_ma: float, charge_c_most: float) -> float:
    """The smallest cell a charger may charge."""
    return charge_ma / charge_c_most


def rail_at_peak_v(cell_v: float, figures: dict[str, Figure]) -> float:
    """The 3.3 V rail when radio and motor draw their peak together.

    Parameters
    ----------
    cell_v : float
        Voltage the firmware reads while it streams: the drop of the ordinary current is in it already.
    """
    stream_a = _v(figures, "current.stream_ma") / 1000
    peak_a = (_v(figures, "current.radio_peak_ma") + _v(figures, "current.motor_ma")) / 1000
    resistance_ohm = _v(figures, "battery.resistance_ohm") + _v(figures, "battery.wires_ohm")
    at_board_v = cell_v - (peak_a - stream_a) * resistance_ohm
    return min(_v(figures, "i2c.supply_v"), at_board_v - peak_a * _v(figures, "rail.dropout_v_per_a"))


def least_threshold_v(figures: dict[str, Figure], margin_v: float = 0.0) -> float:
    """The lowest reading at which the rail still keeps `margin_v` above brown-out at the peak."""
    peak_a = (_v(figures, "current.radio_peak_ma") + _v(figures, "current.motor_ma")) / 1000
    resistance_ohm = _v(figures, "battery.resistance_ohm") + _v(figures, "battery.wires_ohm")
    drop_v = (peak_a - _v(figures, "current.stream_ma") / 1000) * resistance_ohm
    return _v(figures, "rail.brown_out_v") + margin_v + drop_v + peak_a * _v(figures, "rail.dropout_v_per_a")
