"""Messages on their way out: requests with their answers' deadlines, and what wants no answer."""

from __future__ import annotations

from hiphinge.link.decoder import Framing
from hiphinge.link.requests import Asked, Requests
from hiphinge_wire.constants import MIN_PAYLOAD
from hiphinge_wire.fragment import Fragmenter
from hiphinge_wire.framing import encode_frame
from hiphinge_wire.hello import hello_frame
from hiphinge_wire.message import Message

# More than a device takes in a minute: what nobody fetched is not worth keeping.
_MOST = 256


class Outbox:
    """Turns messages into what the link carries.

    Parameters
    ----------
    framing : str
    muted : bool
        Nothing is ever sent or asked (a replay).

    Attributes
    ----------
    listened_to : bool
        The other side is in data mode. Until then nothing but HELLO is sent, and requests wait.
    """

    def __init__(self, framing: Framing, muted: bool) -> None:
        self._framing: Framing = framing
        self._muted = muted
        self._fragmenter = Fragmenter(MIN_PAYLOAD)
        self._ready: list[bytes] = []
        self.requests = Requests()
        self.listened_to = False

    def connected(self, payload: int) -> None:
        """A new link; packets carry `payload` bytes."""
        self._fragmenter = Fragmenter(max(MIN_PAYLOAD, payload))
        self._ready = []

    def hello(self) -> None:
        """Enter data mode."""
        if not self._muted:
            self._ready.append(hello_frame())

    def send(self, message: Message) -> None:
        """Send what wants no answer."""
        if self._muted or not self.listened_to or len(self._ready) >= _MOST:
            return
        data = message.encode()
        if self._framing == "stream":
            self._ready.append(encode_frame(data))
        else:
            self._ready += self._fragmenter.split(data)

    def ask(self, message: Message, what: str) -> int:
        """Send what wants an answer; returns its number, 0 in a replay or where too many are under way."""
        if self._muted:
            return 0
        message.encode()  # a value outside its range is the caller's to hear of, now
        return self.requests.ask(message, what)

    def asking(self, what: str) -> bool:
        """Whether such a request is under way."""
        return self.requests.asking(what)

    def due(self, now_s: float) -> list[Asked]:
        """Send requests whose time has come; returns those given up."""
        if not self.listened_to:
            return []
        messages, given_up = self.requests.due(now_s)
        for message in messages:
            self.send(message)
        return given_up

    def take(self) -> list[bytes]:
        """All that is ready."""
        ready, self._ready = self._ready, []
        return ready
