"""Which port carries data and which the prompt."""

from __future__ import annotations

from collections.abc import Sequence

from hiphinge.transports.ports import SerialPort, choose_port


def places(wanted: str | None, console: str | None, ports: Sequence[SerialPort]) -> tuple[str, str]:
    """Data port and console port.

    An ESP32-S3 shows two ports of one USB device: the first is the prompt, the second carries data. UART boards have
    one for both.

    Parameters
    ----------
    wanted, console : str or None
        As the user gave them.
    ports : sequence of SerialPort
        Sorted by name.

    Raises
    ------
    TransportError
        None fits, or more than one device.
    """
    if wanted is None:
        # Two ports of one device are one device.
        firsts: list[SerialPort] = []
        for port in ports:
            if not any(port.is_same_device(one) for one in firsts):
                firsts.append(port)
        chosen = choose_port(None, firsts)
        pair = [port for port in ports if port.is_same_device(chosen)] or [chosen]
        data = pair[-1] if len(pair) == 2 else chosen
    else:
        data = choose_port(wanted, ports)
        pair = [port for port in ports if port.is_same_device(data)] or [data]
    return data.device, console or (pair[0].device if len(pair) == 2 else data.device)
