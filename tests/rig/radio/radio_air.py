"""The air between bumble's controllers, as a radio has it: turns, so many packets a turn, silence, loss, full buffers.

bumble 0.0.236 delivers at once, acknowledges at once (so that no buffer is ever full), drops data of peripherals with
public addresses, carries no scan responses and cannot take a connection attempt back: all of that is mended here.
"""

import asyncio
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bumble import hci, ll
from bumble.controller import Connection, Controller
from bumble.core import PhysicalTransport
from bumble.link import LocalLink

_ATT = 4
_NOTIFICATION, _WRITE_COMMAND = 0x1B, 0x52
_ENCRYPTION_TURNS = 4
_LL_BYTES = 251  # with data length extension


@dataclass
class _Side:
    """What one controller has to send on one connection."""

    queue: deque[tuple[bytes, int]] = field(default_factory=deque)
    timer: asyncio.TimerHandle | None = None


def att_opcode(pdu: bytes) -> int:
    """Of an L2CAP packet on the ATT channel; 0 of others."""
    return pdu[4] if len(pdu) > 4 and int.from_bytes(pdu[2:4], "little") == _ATT else 0


class Air(LocalLink):
    """What the controllers share.

    Attributes
    ----------
    interval_s : float
        Packets go out at multiples of it; 0: at once.
    setup_interval_s : float or None
        Instead, while a central that does so connects, discovers and pairs (`hurry`).
    packets : int
        Each side sends at most so many a turn.
    loss : float
        Share of notifications and write commands lost between stack and program, as systems do (bleak issue 797).
    supervision_s : float
        Silence ends a connection after so long.
    carried : int
        Notifications delivered.
    """

    def __init__(self, interval_s: float = 0.0, packets: int = 6, seed: int = 1) -> None:
        super().__init__()
        self.interval_s, self.packets, self.loss = interval_s, packets, 0.0
        self.setup_interval_s: float | None = None
        self._hurries = 0
        self.supervision_s = 4.0
        self.carried = self.lost = 0
        self._away: set[Controller] = set()
        self._rng = random.Random(seed)
        self._sides: dict[tuple[Controller, hci.Address], _Side] = {}

    # --- what a test does to it -------------------------------------------------------------------------------------

    def leave(self, controller: Controller, for_good: bool = False) -> None:
        """Out of range: nothing from or to it gets through; its connections end when the supervision time is over."""
        self._away.add(controller)
        asyncio.get_running_loop().call_later(self.supervision_s, self._supervise, controller, for_good)

    def come_back(self, controller: Controller) -> None:
        """In range again."""
        self._away.discard(controller)

    def hurry(self, on: bool) -> None:
        """A central begins or ends setting a connection up."""
        self._hurries += 1 if on else -1

    def drop(self, reason: int = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR) -> None:
        """End every connection now."""
        for controller in self.controllers:
            for connection in list(controller.le_connections.values()):
                controller.on_le_disconnected(connection, reason)

    def _supervise(self, controller: Controller, for_good: bool) -> None:
        if controller not in self._away:
            return
        reason = hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR
        for connection in list(controller.le_connections.values()):
            other = self.find_le_controller(connection.peer_address)
            controller.on_le_disconnected(connection, reason)
            mirrored = other.le_connections.get(connection.self_address) if other else None
            if other and mirrored:
                other.on_le_disconnected(mirrored, reason)
        if for_good:
            self.controllers.discard(controller)

    # --- what controllers do ----------------------------------------------------------------------------------------

    def forget(self, controller: Controller, address: hci.Address) -> None:
        """A connection ended: what waited is gone."""
        side = self._sides.pop((controller, address), None)
        if side and side.timer:
            side.timer.cancel()

    def send_acl_data(self, sender: Any, destination: hci.Address, transport: PhysicalTransport, data: bytes) -> None:
        assert transport == PhysicalTransport.LE
        side = self._sides.setdefault((sender, destination), _Side())
        side.queue.append((data, sender.fed_since()))
        self._arm(sender, destination, side)

    def _arm(self, sender: Any, destination: hci.Address, side: _Side) -> None:
        if side.timer is None and side.queue:
            side.timer = asyncio.get_running_loop().call_at(self._turn_s(), self._turn, sender, destination, side)

    def _turn_s(self, turns: int = 1) -> float:
        """When the next turn is, or a later one."""
        now_s = asyncio.get_running_loop().time()
        interval_s = self.setup_interval_s if self._hurries and self.setup_interval_s else self.interval_s
        return (int(now_s / interval_s + 1e-9) + turns) * interval_s if interval_s else now_s

    def _turn(self, sender: Any, destination: hci.Address, side: _Side) -> None:
        side.timer = None
        left = self.packets if self.interval_s else len(side.queue)
        connection = sender.le_connections.get(destination)
        peer = self.find_le_controller(destination)
        gone = connection is None or peer is None
        if gone:
            side.queue.clear()
            return
        if sender in self._away or peer in self._away:
            left = 0
        while side.queue and left > 0:
            data, packets = side.queue.popleft()
            left -= -(-len(data) // _LL_BYTES) if self.interval_s else 1
            opcode = att_opcode(data)
            lossy = opcode in (_NOTIFICATION, _WRITE_COMMAND) and self._rng.random() < self.loss
            if lossy:
                self.lost += 1
            else:
                self.carried += opcode == _NOTIFICATION
                peer.on_link_acl_data(connection.self_address, PhysicalTransport.LE, data)
            sender.completed(connection, packets, opcode)
        self._arm(sender, destination, side)

    def send_advertising_pdu(self, sender_controller: Controller, packet: ll.AdvertisingPdu) -> None:
        if sender_controller in self._away:
            return
        loop = asyncio.get_running_loop()
        for other in self.controllers - self._away - {sender_controller}:
            loop.call_soon(other.on_ll_advertising_pdu, packet)

    def send_ll_control_pdu(self, sender_address: hci.Address, receiver_address: hci.Address, packet: Any) -> None:
        sender, receiver = self.find_le_controller(sender_address), self.find_le_controller(receiver_address)
        if receiver is None or receiver in self._away or sender in self._away:
            return
        loop = asyncio.get_running_loop()
        if not isinstance(packet, ll.EncReq):
            loop.call_soon(receiver.on_ll_control_pdu, sender_address, packet)
            return
        # bumble starts an encryption with two packets, the specification with five in four turns or more (Vol 6,
        # Part B, 5.1.3.1): the first stands for all.
        connection = receiver.le_connections.get(sender_address)

        def arrive() -> None:
            if receiver.le_connections.get(sender_address) is connection:
                receiver.on_ll_control_pdu(sender_address, packet)

        loop.call_at(self._turn_s(_ENCRYPTION_TURNS), arrive)


class RadioController(Controller):
    """bumble's controller on `Air`.

    Attributes
    ----------
    sent : callable or None
        Told the ATT opcode of each packet that has gone out.
    rssi_dbm : int
        How strong others hear it.
    """

    def __init__(self, name: str, air: Air, public_address: hci.Address | None = None) -> None:
        super().__init__(name, link=air, public_address=public_address)
        self.sent: Callable[[int], None] | None = None
        self.rssi_dbm = -50
        self._fed = 0

    def fed_since(self) -> int:
        """HCI packets of the last whole one."""
        fed, self._fed = self._fed, 0
        return fed

    def on_hci_acl_data_packet(self, packet: hci.HCI_AclDataPacket) -> None:
        connection = self.find_connection_by_handle(packet.connection_handle)
        if connection is not None:
            self._fed += 1
            connection.assembler.feed_packet(packet)

    def completed(self, connection: Connection, packets: int, opcode: int) -> None:
        """A packet has gone out: its buffers are free."""
        self.send_hci_packet(
            hci.HCI_Number_Of_Completed_Packets_Event(
                connection_handles=[connection.handle], num_completed_packets=[packets]
            )
        )
        if self.sent:
            self.sent(opcode)

    def on_le_disconnected(self, connection: Connection, reason: int) -> None:
        if connection.peer_address not in self.le_connections:
            return
        super().on_le_disconnected(connection, reason)
        self.link.forget(self, connection.peer_address)  # type: ignore[union-attr]

    def on_hci_le_create_connection_cancel_command(self, _: Any) -> Any:
        pending, self.pending_le_connection = self.pending_le_connection, None
        if pending is None:
            return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR)
        self.send_hci_packet(
            hci.HCI_LE_Connection_Complete_Event(
                status=hci.HCI_ErrorCode.UNKNOWN_CONNECTION_IDENTIFIER_ERROR,
                connection_handle=0,
                role=hci.Role.CENTRAL,
                peer_address_type=pending.peer_address.address_type,
                peer_address=pending.peer_address,
                connection_interval=0,
                peripheral_latency=0,
                supervision_timeout=0,
                central_clock_accuracy=0,
            )
        )
        return hci.HCI_StatusReturnParameters(hci.HCI_ErrorCode.SUCCESS)

    def on_advertising_pdu(self, pdu: ll.AdvInd | ll.AdvExtInd) -> None:
        if self.le_scan_enable:
            answer, rssi_dbm = self._scan_response(pdu.advertiser_address)
            report = hci.HCI_LE_Extended_Advertising_Report_Event
            kinds = report.EventType
            kind = kinds.LEGACY_ADVERTISING_PDU_USED | kinds.SCANNABLE_ADVERTISING | kinds.CONNECTABLE_ADVERTISING
            for event_type, data in ((kind, pdu.data), (kind | kinds.SCAN_RESPONSE, answer)):
                self.send_hci_packet(report([_report(report, event_type, pdu.advertiser_address, rssi_dbm, data)]))
        pending = self.pending_le_connection
        if pending and pending.peer_address == pdu.advertiser_address:
            self.create_le_connection(pdu.advertiser_address)

    def _scan_response(self, address: hci.Address) -> tuple[bytes, int]:
        for one in self.link.controllers:  # type: ignore[union-attr]
            legacy = one.le_legacy_advertiser
            if legacy.enabled and legacy.address == address:
                return legacy.scan_response_data, one.rssi_dbm  # type: ignore[attr-defined]
            for each in one.advertising_sets.values():
                if each.enabled and each.address == address:
                    return bytes(each.scan_response_data), one.rssi_dbm  # type: ignore[attr-defined]
        return b"", -127


def _report(kind: Any, event_type: int, address: hci.Address, rssi_dbm: int, data: bytes) -> Any:
    return kind.Report(
        event_type=event_type,
        address_type=address.address_type,
        address=address,
        primary_phy=1,
        secondary_phy=0,
        advertising_sid=0xFF,
        tx_power=127,
        rssi=rssi_dbm,
        periodic_advertising_interval=0,
        direct_address_type=0,
        direct_address=hci.Address.ANY,
        data=data,
    )
