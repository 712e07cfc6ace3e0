"""A virtual device's link and a host's session, joined without a transport."""

from __future__ import annotations

from hiphinge.link.events import LinkEvent
from hiphinge.link.session import LinkSession
from hiphinge.virtual.faulty_link import FaultyLink


def step(session: LinkSession, link: FaultyLink, now_s: float, durable: bool = True) -> list[LinkEvent]:
    """Let time pass until `now_s`: what arrived is received, what is to be sent goes out.

    Parameters
    ----------
    session : LinkSession
    link : FaultyLink
    now_s : float
    durable : bool
        Whether what was received counts as recorded.

    Returns
    -------
    list of LinkEvent
    """
    events: list[LinkEvent] = []
    for arrival in link.step(now_s):
        if arrival.what == "up":
            events += session.connected(arrival.at_s, link.faults.payload)
        elif arrival.what == "down":
            events += session.disconnected(arrival.at_s)
        else:
            events += session.receive(arrival.data, arrival.at_s, arrival.channel)
    events += session.poll(now_s)
    if durable:
        session.durable()
    link.send(session.outgoing(now_s))
    return events
