"""How a link fares: what a status line shows."""

from __future__ import annotations

from dataclasses import dataclass

from hiphinge.link.decoder import Decoder
from hiphinge.link.delivery import Delivery
from hiphinge.link.timeline import Timeline


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """How the link fares now. None: not known yet.

    Attributes
    ----------
    connected, started : bool
    device : str
        Name and serial.
    source_rates_hz : (sacral, thoracic)
        Measured by the device against its own clock.
    delivered_hz : (sacral, thoracic)
        Samples a second that were put in order over the last 5 s.
    blocks : int
        Received once, put in order or waiting for their turn.
    resent : int
        Blocks that came only after a NACK.
    doubled : int
        Blocks that came more than once.
    lost_blocks : int
    lost_samples : (sacral, thoracic)
        By the chips' own counts.
    damaged : int
        Messages or frames that were no message.
    unknown : int
        Messages of a type a newer device may have.
    disbelieved : int
        Blocks from a future the device cannot have reached: left out.
    waiting : int
        Blocks held until older ones have come.
    missing : int
        Blocks known to be on their way or to be asked for.
    backlog : int or None
        Blocks the device still keeps, by its last status.
    latency_s, latency_p95_s : float or None
        Newest sample of a live block made -> arrived, beyond the quickest one ever seen: the least delay of the link
        itself (`least_delay_s`, half the shortest round trip) is added where it is known.
    jitter_s : float or None
        95th percentile minus median of the above.
    clock_ppm : float or None
        Device clock against the host's.
    battery_percent : int or None
    rssi_dbm : None
        A transport may know it.
    """

    connected: bool
    started: bool
    device: str
    source_rates_hz: tuple[float | None, float | None]
    delivered_hz: tuple[float, float]
    blocks: int
    resent: int
    doubled: int
    lost_blocks: int
    lost_samples: tuple[int, int]
    damaged: int
    waiting: int
    missing: int
    backlog: int | None
    latency_s: float | None
    latency_p95_s: float | None
    jitter_s: float | None
    clock_ppm: float | None
    battery_percent: int | None
    rssi_dbm: int | None = None
    unknown: int = 0
    disbelieved: int = 0


def health(
    delivery: Delivery,
    timeline: Timeline,
    decoder: Decoder,
    now_s: float,
    *,
    connected: bool,
    started: bool,
    device: str,
    backlog: int | None,
    battery_percent: int | None,
) -> LinkHealth:
    """Put together what the parts of a session know."""
    boot = delivery.boot
    clock = None if boot is None else timeline.clock(boot)
    known = clock is not None and clock.known
    latency = clock.latency() if clock is not None and known else None
    received, resent, doubled = delivery.totals()
    return LinkHealth(
        connected=connected,
        started=started,
        device=device,
        source_rates_hz=timeline.source_rates_hz,
        delivered_hz=timeline.delivered_hz(now_s),
        blocks=received,
        resent=resent,
        doubled=doubled,
        lost_blocks=timeline.lost_blocks,
        lost_samples=(timeline.lost_samples[0], timeline.lost_samples[1]),
        damaged=decoder.damaged,
        unknown=decoder.unknown,
        disbelieved=timeline.disbelieved,
        waiting=sum(one.window.held for one in delivery.streams),
        missing=sum(len(one.window.missing) for one in delivery.streams),
        backlog=backlog,
        latency_s=None if latency is None else latency.median_s,
        latency_p95_s=None if latency is None else latency.p95_s,
        jitter_s=None if latency is None else latency.p95_s - latency.median_s,
        clock_ppm=clock.ppm if clock is not None and known else None,
        battery_percent=battery_percent,
    )
