"""Runtime, charging, brown-out and the thresholds the firmware takes from them."""

import pytest

from hiphinge_hardware import figures, power
from hiphinge_wire import config

FIGURES = figures.load()
STATES = {state.name: state.total_ma for state in power.states(FIGURES)}
USABLE = FIGURES["battery.usable"].value


def low_battery_mv() -> tuple[int, int, int]:
    """Least, most and default of the setting."""
    least, most, default = config.KEYS[config.IDS["low_battery_mv"]][2:]
    return least, most, int(default)


@pytest.mark.parametrize(("capacity_mah", "least_h"), [(400, 4.5), (500, 5.5)])
def test_a_charge_lasts_a_clinics_half_day(capacity_mah, least_h):
    assert power.runtime_h(capacity_mah, USABLE, STATES["recording with cues"]) > least_h


def test_waiting_costs_less_than_recording_and_sleep_almost_nothing():
    assert STATES["asleep"] < 0.2 < STATES["waiting"] < STATES["recording"] < STATES["recording with cues"]


def test_power_leds_left_on_would_empty_a_sleeping_device_in_days():
    lit = {state.name: state.total_ma for state in power.states(FIGURES, leds_cut=False)}
    assert power.runtime_h(500, USABLE, lit["asleep"]) / 24 < 5
    assert power.runtime_h(500, USABLE, STATES["asleep"]) / 24 > 60


def test_the_cell_in_the_parts_list_is_charged_at_half_its_capacity_at_most():
    charge_ma, most = FIGURES["controller.charge_ma"].value, FIGURES["battery.charge_c_most"].value
    assert power.charge_c(charge_ma, FIGURES["battery.capacity_mah"].value) <= most
    assert charge_ma <= FIGURES["battery.charge_most_ma"].value


def test_a_cell_of_400_mah_is_too_small_for_this_charger():
    # Said in the README: anybody who fits the smaller cell must lower the charge current.
    charge_ma, most = FIGURES["controller.charge_ma"].value, FIGURES["battery.charge_c_most"].value
    assert power.charge_c(charge_ma, FIGURES["battery.smaller_mah"].value) > most
    assert power.least_capacity_mah(charge_ma, most) == pytest.approx(428)


def test_at_the_firmwares_threshold_the_rail_stays_above_brown_out_at_the_peak():
    _, _, default_mv = low_battery_mv()
    assert default_mv / 1000 >= power.least_threshold_v(FIGURES, margin_v=0.1)
    assert power.rail_at_peak_v(default_mv / 1000, FIGURES) >= FIGURES["rail.brown_out_v"].value + 0.1


def test_margin_and_threshold_are_two_sides_of_one_calculation():
    threshold_v = power.least_threshold_v(FIGURES, margin_v=0.07)
    assert power.rail_at_peak_v(threshold_v, FIGURES) == pytest.approx(FIGURES["rail.brown_out_v"].value + 0.07)


def test_even_the_lowest_setting_stops_before_the_cells_own_protection_cuts():
    least_mv, _, _ = low_battery_mv()
    dip_v = (
        (FIGURES["current.radio_peak_ma"].value + FIGURES["current.motor_ma"].value)
        / 1000
        * (FIGURES["battery.resistance_ohm"].value)
    )
    assert least_mv / 1000 - dip_v > FIGURES["battery.cut_off_v"].value


def test_what_is_left_at_the_threshold_is_within_what_the_runtime_leaves_out(firmware_policies):
    _, _, default_mv = low_battery_mv()
    assert 0 < firmware_policies.percent(default_mv) <= 100 * (1 - USABLE)
    assert firmware_policies.percent(int(FIGURES["battery.cut_off_v"].value * 1000)) == 0


def test_the_firmware_stops_at_the_threshold_and_not_for_one_dip(firmware_policies):
    _, _, default_mv = low_battery_mv()
    battery = firmware_policies.Battery()
    assert not any(battery.update(default_mv + 50, default_mv) for _ in range(50))
    battery.update(3000, default_mv)
    assert not battery.low
    assert any(battery.update(default_mv - 60, default_mv) for _ in range(100))


def test_the_led_is_lit_as_long_as_the_budget_says(firmware_policies):
    recording = len(firmware_policies._LED) - 1
    lit = [firmware_policies.led_lit(recording, at_ms) for at_ms in range(0, 60_000, 10)]
    assert sum(lit) / len(lit) == pytest.approx(power.LED_RECORDING_DUTY, abs=0.01)


def test_the_divider_halves_as_the_firmware_thinks(firmware_board):
    # Two equal resistors, R3 and R4; the highest cell must stay within the ADC's straight part (2.45 V).
    assert firmware_board.battery_divider == 2
    assert firmware_board.battery_cells == 1
    assert 4.25 / firmware_board.battery_divider < 2.45


def test_a_meters_ranges_hold_the_budget_and_tell_one_state_from_another():
    readings = {one.what: one for one in power.readings(FIGURES)}
    for state in ("waiting", "recording", "asleep"):
        assert readings[state].low <= STATES[state] <= readings[state].high
    assert readings["charging"].low <= FIGURES["controller.charge_ma"].value <= readings["charging"].high
    # One power LED left on is seen, and so is a charger of twice the current.
    assert readings["asleep"].high < FIGURES["imu.power_led_ma"].value
    assert readings["asleep"].high < readings["waiting"].low
    assert readings["charging"].high < 0.5 * FIGURES["battery.capacity_mah"].value
    # A board without its radio reads below what recording may.
    assert readings["recording"].low < FIGURES["current.awake_ma"].value < readings["recording"].high
