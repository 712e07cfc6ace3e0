"""The drawn wiring agrees with the firmware pin for pin, and the buses are within the I2C specification."""

import math
import runpy

import pytest

from hiphinge_hardware import bus, drawings, figures, wiring

FIGURES = figures.load()
LEAST_OHM = bus.least_pull_up_ohm(*(FIGURES[f"i2c.{name}"].value for name in ("supply_v", "low_v", "sink_a")))
MOST_OHM = bus.most_pull_up_ohm(FIGURES["i2c.rise_s"].value, FIGURES["i2c.capacitance_f"].value)


@pytest.fixture(scope="module")
def joined() -> wiring.Wiring:
    return wiring.load()


def test_each_sensor_is_on_the_bus_the_firmware_gives_it(joined, firmware_board):
    buses = {number: (scl, sda) for number, scl, sda in firmware_board.buses}
    for connector, (number, address, _) in zip(("Sacral IMU", "Thoracic IMU"), firmware_board.places, strict=True):
        assert (joined.gpio(connector, "SCL"), joined.gpio(connector, "SDA")) == buses[number]
        assert address == 0x6A


def test_the_cabled_sensor_has_a_bus_of_its_own(joined, firmware_board):
    assert firmware_board.places[0][0] != firmware_board.places[1][0]
    assert joined.net("Sacral IMU", 1).isdisjoint(joined.net("Thoracic IMU", 1))
    assert joined.net("Sacral IMU", 2).isdisjoint(joined.net("Thoracic IMU", 2))


@pytest.mark.parametrize(
    ("label", "attribute"),
    [
        ("motor in (R1 to base)", "motor"),
        ("LED in (R2)", "led"),
        ("button", "button"),
        ("battery sense (R3/R4/C1)", "battery_adc"),
    ],
)
def test_each_part_of_the_strip_is_on_the_firmwares_pin(joined, firmware_board, label, attribute):
    assert joined.gpio("Strip", label) == getattr(firmware_board, attribute)


def test_no_other_pin_is_joined(joined, firmware_board):
    named = {pin for _, *pins in firmware_board.buses for pin in pins}
    named |= {firmware_board.motor, firmware_board.led, firmware_board.button, firmware_board.battery_adc}
    assert joined.gpios() == named


@pytest.mark.parametrize("kind", ["strapping_pins", "flash_pins", "usb_pins"])
def test_no_pin_with_a_duty_at_start_is_used(joined, kind):
    assert joined.gpios().isdisjoint(FIGURES[f"controller.{kind}"].value)


def test_every_pin_is_on_the_boards_header_and_can_do_its_job(joined, firmware_board):
    assert joined.gpios() <= set(FIGURES["controller.free_pins"].value)
    assert firmware_board.battery_adc in FIGURES["controller.adc1_pins"].value
    assert firmware_board.button in FIGURES["controller.rtc_pins"].value
    assert firmware_board.drv2605_bus is None


def test_the_pins_of_the_8_mb_feather_are_free_there_and_can_do_their_job():
    feather = runpy.run_path(str(figures.REPOSITORY / "firmware" / "board.py"))["Feather8"]
    used = [pin for _, *pins in feather.buses for pin in pins]
    used += [feather.led, feather.button, feather.motor, feather.battery_adc]
    assert len(set(used)) == len(used)
    assert set(used) <= set(FIGURES["feather.free_pins"].value)
    for kind in ("controller.strapping_pins", "controller.flash_pins", "controller.usb_pins", "feather.taken_pins"):
        assert set(used).isdisjoint(FIGURES[kind].value)
    assert feather.battery_adc in FIGURES["controller.adc1_pins"].value
    assert feather.button in FIGURES["controller.rtc_pins"].value


def test_supply_and_ground_reach_every_sensor_and_are_not_one(joined):
    for connector in ("Sacral IMU", "Thoracic IMU"):
        supply, ground = (joined.net(connector, joined.pin(connector, label)) for label in ("3V3", "GND"))
        assert any(name == "Controller" and joined.labels[name, pin].startswith("3V3") for name, pin in supply)
        assert any(name == "Controller" and joined.labels[name, pin].startswith("GND") for name, pin in ground)
        assert supply.isdisjoint(ground)


def test_both_outer_contacts_of_the_breakaway_are_ground(joined):
    # A straight row that mates or parts at a tilt touches first, and last, at an outer contact.
    for half in ("Socket", "Plug"):
        assert joined.net(half, 1) == joined.net(half, 5)
        assert ("Controller", joined.pin("Controller", "GND")) in joined.net(half, 5)


def test_both_signals_of_the_cable_pass_an_esd_part_at_each_half(joined):
    for label in ("SDA", "SCL"):
        names = {name for name, _ in joined.net("Thoracic IMU", joined.pin("Thoracic IMU", label))}
        assert {"ESD pod", "ESD plug", "Socket", "Plug"} <= names


def test_a_wire_moved_to_another_pin_is_noticed(tmp_path, firmware_board):
    source = wiring.SOURCES[0].read_text(encoding="utf-8")
    moved = tmp_path / "wiring.yml"
    moved.write_text(source.replace("- Controller: [5, 6, 7, 8]", "- Controller: [6, 5, 7, 8]"), encoding="utf-8")
    swapped = wiring.load([moved, wiring.SOURCES[1]])
    found = (swapped.gpio("Thoracic IMU", "SCL"), swapped.gpio("Thoracic IMU", "SDA"))
    assert found != firmware_board.buses[1][1:]
    assert sorted(found) == sorted(firmware_board.buses[1][1:])


def test_the_drawings_are_of_these_sources():
    assert drawings.stale() == [], "run python hardware/make.py"


def test_pull_ups_must_lie_between_0_97_and_2_4_kiloohm():
    assert pytest.approx(967, abs=1) == LEAST_OHM
    assert pytest.approx(2360, abs=1) == MOST_OHM


def test_how_many_breakouts_keep_their_pull_ups(firmware_board):
    assert firmware_board.i2c_hz == FIGURES["i2c.clock_hz"].value
    board, breakout = (FIGURES[f"i2c.{name}"].value for name in ("board_pull_up_ohm", "breakout_pull_up_ohm"))
    # Bus 0 has the controller's: the breakout may keep its own or not. Bus 1 has none else: it must.
    assert bus.breakouts_that_may_keep_theirs(board, breakout, LEAST_OHM, MOST_OHM, fitted=1) == [0, 1]
    assert bus.breakouts_that_may_keep_theirs(math.inf, breakout, LEAST_OHM, MOST_OHM, fitted=1) == [1]
    assert bus.breakouts_that_may_keep_theirs(board, breakout, LEAST_OHM, MOST_OHM, fitted=2) == [0, 1]


def test_a_resistor_at_the_limit_rises_in_the_limit():
    # An RC line from 30 to 70 %, by its own exponential.
    tau_s = MOST_OHM * FIGURES["i2c.capacitance_f"].value
    assert tau_s * (math.log(1 / 0.3) - math.log(1 / 0.7)) == pytest.approx(FIGURES["i2c.rise_s"].value)
