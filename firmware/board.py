"""Every pin, bus and address, one class a board; nothing else knows one.

Pins keep off the strapping pins, the flash's and the USB's. The button is on a pin that can wake the chip from deep
sleep. Change a copy of a class here for another board, and `BOARD` at the end.
"""

import sys


class Esp32S3:
    """Reference: ESP32-S3 with 8 MB of flash; the second USB CDC carries data."""

    name = "ESP32-S3"
    # Bus: (number, SCL, SDA). Each IMU has its own, so that a snagged cable does not take the other one along.
    buses = ((0, 9, 8), (1, 5, 6))
    # Bus, address, and where the chip's axes point in the housing: sacral, thoracic.
    places = ((0, 0x6A, (1, 2, 3)), (1, 0x6A, (1, 2, 3)))
    i2c_hz = 400000
    led = 21
    button = 7  # to ground; RTC-capable, no strapping pin
    motor = 10  # gate of the MOSFET; None: no motor
    drv2605_bus = None  # bus of a DRV2605L instead of the MOSFET
    battery_adc = 4  # behind a divider by two; None: not measured
    battery_divider = 2
    battery_cells = 1
    cpu_hz = 240000000
    usb_data = True  # second CDC beside the console
    has_loader = True
    # RAM for blocks: ten seconds of samples in the blocks an outage makes (3.1 kB/s), or 6.5 s in live ones of 35 ms;
    # on a link that takes nothing they go to flash before that. With PSRAM it takes more, and what is left where memory
    # is short (shell/building.py).
    ring_blocks = 32
    mpu6050 = False


class Feather8(Esp32S3):
    """Adafruit Feather ESP32-S3 with 8 MB (5323). Buses at the header: its STEMMA port has GPIO 3, a strapping pin."""

    name = "ESP32-S3 Feather"
    led = 13  # with the board's own red LED
    button = 12
    motor = 11
    battery_adc = 10


class Esp32(Esp32S3):
    """Classic ESP32 with a USB-UART bridge: console and data share the line."""

    name = "ESP32"
    buses = ((0, 18, 19), (1, 25, 26))
    led = 13
    button = 33
    motor = 27
    battery_adc = 35
    usb_data = False
    has_loader = False


class Esp32Demo(Esp32):
    """The same with two MPU-6050 (GY-521): demo grade."""

    name = "ESP32 (MPU-6050)"
    places = ((0, 0x68, (1, 2, 3)), (1, 0x68, (1, 2, 3)))
    mpu6050 = True


def _board():
    machine = getattr(sys.implementation, "_machine", "").replace("-", "")
    return Esp32 if "ESP32" in machine and "ESP32S3" not in machine else Esp32S3


BOARD = _board()
