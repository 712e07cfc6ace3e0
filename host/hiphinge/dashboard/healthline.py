"""The link's health as a line of short parts, each with what it means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hiphinge.dashboard.state import ViewState
from hiphinge.dashboard.texts import text

# A charge at which a session of an hour may no longer be finished; the device warns by its own voltage, too.
LOW_BATTERY_PERCENT = 20
# A few blocks are always on their way; a second's worth is worth a word.
_BEHIND_BLOCKS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """A few words, what they mean, and how they are meant."""

    words: str
    tip: str = ""
    tone: Literal["", "good", "bad", "quiet"] = ""


def health_parts(state: ViewState) -> list[Part]:
    """The line, most important first."""
    if state.phase == "idle":
        return [Part(text("health.none"), tone="quiet")]
    if state.phase == "finished":
        return [Part(text("health.ended"), tone="quiet")]
    if not state.ever_connected:
        return [Part(text("health.looking"), tone="quiet")]
    parts = [Part(text("health.connected"), tone="good") if state.connected else Part(text("health.lost"), tone="bad")]
    parts += [
        Part(text("health.silent", which=text(f"sensor.{sensor & 1}")), tone="bad")
        for sensor in sorted(state.lost_sensors)
    ]
    if state.health is not None:
        parts += _figures(state)
    return parts


def _figures(state: ViewState) -> list[Part]:
    health = state.health
    assert health is not None
    rates = " / ".join(f"{rate:.0f}" for rate in health.delivered_hz)
    parts = [
        Part(text("health.rate", rate=rates), text("health.rate_tip")),
        Part(
            text("health.loss", count=health.lost_blocks),
            text("health.loss_tip"),
            "bad" if health.lost_blocks else "",
        ),
        Part(text("health.resent", count=health.resent), text("health.resent_tip")),
    ]
    if health.latency_s is not None:
        parts.append(Part(text("health.latency", ms=round(health.latency_s * 1000)), text("health.latency_tip")))
    percent = health.battery_percent
    low = state.status is not None and state.status.low_battery
    if percent is not None:
        if low or percent <= LOW_BATTERY_PERCENT:
            parts.append(Part(text("health.battery_low", percent=percent), text("health.battery_tip"), "bad"))
        else:
            parts.append(Part(text("health.battery", percent=percent), text("health.battery_tip")))
    if health.rssi_dbm is not None:
        parts.append(Part(text("health.signal", dbm=health.rssi_dbm), text("health.signal_tip")))
    if health.waiting + health.missing > _BEHIND_BLOCKS:
        parts.append(Part(text("health.behind", count=health.waiting + health.missing)))
    return parts
