"""How often the radio has its turn, as far as that can be known; on Windows, asking for it more often.

No system but Windows 11 tells or takes a connection interval, and the device cannot ask either: MicroPython has no call
for it. The wire format lives with whatever it gets: a block is a packet, and several packets go out in one turn.
"""

from __future__ import annotations

import contextlib
from collections import deque
from typing import Any

# Of turns a minute old nothing is to be learnt; 64 gaps are two seconds of blocks.
_GAPS = 64
_FEWEST = 8
# Packets of one turn come within this; the shortest interval there is takes 7.5 ms.
_SAME_TURN_S = 0.004
_UNIT_S = 0.00125  # Core Specification: connection intervals are multiples of 1.25 ms


class Turns:
    """Estimates the connection interval from when packets arrive."""

    def __init__(self) -> None:
        self._gaps: deque[float] = deque(maxlen=_GAPS)
        self._last_s: float | None = None

    def arrived(self, at_s: float) -> None:
        """A packet came."""
        if self._last_s is not None and at_s - self._last_s > _SAME_TURN_S:
            self._gaps.append(at_s - self._last_s)
        self._last_s = at_s

    @property
    def at_most_s(self) -> float | None:
        """An upper bound: not every turn has a packet to carry. None before a few were seen."""
        if len(self._gaps) < _FEWEST:
            return None
        # The tenth part: one that came late makes the next gap short.
        return sorted(self._gaps)[len(self._gaps) // 10]


class WindowsPace:
    """Asks Windows 11 for short intervals (bleak issue 56: it otherwise keeps slow ones) and reads what it gave.

    Never tried on a computer: there bleak has no call for it, so its inner object is used where it is as expected, and
    left alone where not.

    Parameters
    ----------
    client : BleakClient
    """

    def __init__(self, client: Any) -> None:
        self._requester: Any = getattr(getattr(client, "_backend", None), "_requester", None)
        # Windows keeps to the wish only as long as this object lives.
        self._request: Any = None

    def ask(self) -> bool:
        """Ask for as many turns as Windows gives; whether that was possible."""
        if not hasattr(self._requester, "request_preferred_connection_parameters"):
            return False
        with contextlib.suppress(ImportError, AttributeError, OSError):
            import winrt.windows.devices.bluetooth as windows  # type: ignore[import-not-found]

            module: Any = windows
            wish = module.BluetoothLEPreferredConnectionParameters.throughput_optimized
            self._request = self._requester.request_preferred_connection_parameters(wish)
            return True
        return False

    @property
    def interval_s(self) -> float | None:
        """What Windows says the interval is; None anywhere else."""
        with contextlib.suppress(AttributeError, OSError, TypeError):
            return float(self._requester.get_connection_parameters().connection_interval) * _UNIT_S
        return None

    def close(self) -> None:
        """Give the wish back."""
        with contextlib.suppress(AttributeError, OSError):
            self._request.close()
        self._request = None
