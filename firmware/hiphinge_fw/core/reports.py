"""STATUS, filled in from what the device knows."""

from hiphinge_wire.constants import (
    STATUS_FETCHING,
    STATUS_LOW_BATTERY,
    STATUS_PAIRING,
    STATUS_SAFE_MODE,
    STATUS_STORE_FAULT,
    STATUS_STORE_FULL,
    UNKNOWN_TEMPERATURE,
)
from hiphinge_wire.status import Status


class StatusReport:
    """STATUS, one object for all: forty values a second are enough."""

    def __init__(self):
        self._status = Status()

    def fill(self, device, request, now_us):
        """The message, its numbers as they are now."""
        status = self._status
        delivery = device.delivery
        log = delivery.log
        sensors = device.sensors
        drivers = [sensor.driver for sensor in sensors]
        present = [sensor.present for sensor in sensors]
        status.request = request
        status.state = device.states.code
        status.profile = device.assembly.profile
        status.boot = device.boot
        status.epoch = device.assembly.epoch
        status.next_sequence = delivery.ring.next
        status.oldest_sequence = delivery.oldest
        status.uptime_us = device.clock.microseconds(now_us)
        status.battery_mv = device.battery.mv
        status.battery_percent = device.battery.percent
        status.flags = self._flags(device)
        status.temperature_cdeg = tuple(
            driver.temperature_cdeg if there else UNKNOWN_TEMPERATURE for driver, there in zip(drivers, present)
        )
        status.board_temperature_cdeg = device.board_temperature_cdeg
        status.fifo_peak = tuple(_in_samples(driver, driver.fifo_peak) for driver in drivers)
        status.fifo_size = tuple(
            _in_samples(driver, driver.fifo_size) if there else 0 for driver, there in zip(drivers, present)
        )
        for driver in drivers:
            driver.fifo_peak = 0
        status.last_event = device.events.last
        status.backlog_blocks = delivery.unacknowledged
        status.backlog_bytes = delivery.unacknowledged_bytes
        status.store_free_bytes = log.free_bytes() if log is not None else 0
        status.earlier_boots = len({run.boot for run in delivery.runs})
        status.loop_peak_ms = min(device.loop_peak_us // 1000, 65535)
        device.loop_peak_us = 0
        status.memory_free = device.memory_free
        status.samples = tuple(device.assembly.samples)
        status.dropped_samples = tuple(driver.dropped for driver in drivers)
        status.bus_errors = tuple(driver.bus_errors for driver in drivers)
        status.tag_errors = tuple(driver.tag_errors for driver in drivers)
        status.fifo_overflows = tuple(driver.overflows for driver in drivers)
        status.resyncs = tuple(driver.resyncs for driver in drivers)
        status.blocks_dropped = delivery.dropped
        status.blocks_sent = delivery.sent
        status.blocks_resent = delivery.resent
        status.send_refused = sum(link.refused for link in device.links)
        status.bad_messages = device.control.bad
        status.store_errors = log.errors if log is not None else 0
        status.restarts = device.restarts
        return status

    @staticmethod
    def _flags(device):
        log = device.delivery.log
        flags = STATUS_LOW_BATTERY if device.battery.low else 0
        if device.safe:
            flags |= STATUS_SAFE_MODE
        if device.allowlist.window_open(device.clock.seconds()):
            flags |= STATUS_PAIRING
        if device.delivery.fetching:
            flags |= STATUS_FETCHING
        if log is not None:
            if log.overwritten:
                flags |= STATUS_STORE_FULL
            if log.errors:
                flags |= STATUS_STORE_FAULT
        return flags


def _in_samples(driver, words):
    # An LSM6 has three words a sample.
    return words // 3 if driver.fifo_size > 100 else words
