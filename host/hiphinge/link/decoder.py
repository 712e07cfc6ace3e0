"""Bytes of a link to messages: fragments or frames joined, what is damaged counted."""

from __future__ import annotations

from typing import Literal

from hiphinge_wire.block import Block
from hiphinge_wire.codec import decode_reply
from hiphinge_wire.errors import UNKNOWN_TYPE, WireError
from hiphinge_wire.fragment import Reassembler
from hiphinge_wire.framing import Deframer
from hiphinge_wire.message import Message

Framing = Literal["packets", "stream"]
Channel = Literal["data", "control"]

# So many undecodable messages in a row are no chance: said once (protocol/SPEC.md, section 10).
SUSPICIOUS = 10


class Decoder:
    """One link's bytes, whatever they are, to messages; memory is bounded by the format.

    Parameters
    ----------
    framing : str
        "packets" or "stream".

    Attributes
    ----------
    undecodable, unknown : int
        Whole messages that did not decode, and those of a type unknown here (a newer device's).
    in_a_row : int
        Undecodable ones since the last that decoded.
    """

    def __init__(self, framing: Framing) -> None:
        self._framing: Framing = framing
        self._deframer = Deframer()
        self._joiners: dict[Channel, Reassembler] = {"data": Reassembler(), "control": Reassembler()}
        self._damaged_before = 0
        self.undecodable = 0
        self.unknown = 0
        self.in_a_row = 0

    @property
    def damaged(self) -> int:
        """Frames, fragments and messages that were dropped."""
        joined = sum(one.damaged + one.overlong for one in self._joiners.values())
        return self._damaged_before + self._deframer.damaged + joined + self.undecodable

    def restart(self) -> None:
        """Begin a new connection: half a message of the old one is none of the new one."""
        self._damaged_before = self.damaged - self.undecodable
        self._deframer = Deframer()
        self._joiners = {"data": Reassembler(), "control": Reassembler()}

    def feed(self, data: bytes, channel: Channel) -> list[Message | Block]:
        """Take the next packet, or the next bytes of a stream.

        Parameters
        ----------
        data : bytes
        channel : str
            Which characteristic a packet came on; a stream has one only.

        Returns
        -------
        list of Message or Block
            What `data` completed, in order.
        """
        if self._framing == "stream":
            whole = self._deframer.feed(data)
        else:
            joined = self._joiners[channel].feed(data)
            whole = [] if joined is None else [joined]
        messages: list[Message | Block] = []
        for one in whole:
            try:
                messages.append(decode_reply(one))
                self.in_a_row = 0
            except WireError as error:
                if error.code == UNKNOWN_TYPE:
                    self.unknown += 1
                else:
                    self.undecodable += 1
                    self.in_a_row += 1
        return messages
