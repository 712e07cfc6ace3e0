"""A serial port, on a real pseudo-terminal: bytes both ways, HELLO and LEAVE, unplugging, garbage."""

import asyncio
import contextlib
import os
import re
import select
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hiphinge.transports.base import Chunk, Down, Inbox, TransportError, TransportEvent, Up
from hiphinge.transports.ports import SerialPort, choose_port
from hiphinge.transports.serial import Greeting, SerialTransport
from hiphinge_wire.framing import Deframer, encode_frame
from hiphinge_wire.hello import Hello, HelloReply, Leave, hello_frame

pty = pytest.importorskip("pty", reason="pseudo-terminals")

REPLY = encode_frame(
    HelloReply(request=1, wire_major=1, wire_minor=0, max_message=1024, silence_ms=5000, boot=1).encode()
)
PROMPT = b"MicroPython v1.28.0; ESP32 with ESP32\r\n>>> "
# Long enough for two loaded cores; nothing waits for it when all is well.
PATIENCE_S = 20.0


class Board:
    """The device's end: a pseudo-terminal behind a name that stays when it is plugged in again."""

    def __init__(self, name: Path, greets: bool = True) -> None:
        self.name, self.greets = name, greets
        self.heard: list[bytes] = []
        self.bytes = bytearray()
        self._master = -1
        self.plug_in()

    def plug_in(self) -> None:
        import tty

        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.name.unlink(missing_ok=True)
        self.name.symlink_to(os.ttyname(slave))
        os.close(slave)
        self._gone = threading.Event()
        self._thread = threading.Thread(target=self._answer, args=(self._master, self._gone), daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        if self._gone.is_set():
            return
        # A descriptor closed under a read of another thread stays open until that read ends.
        self._gone.set()
        self._thread.join()
        os.close(self._master)
        self.name.unlink(missing_ok=True)

    def send(self, data: bytes) -> None:
        os.write(self._master, data)

    def _answer(self, master: int, gone: threading.Event) -> None:
        deframer = Deframer()
        while not gone.is_set():
            if not select.select([master], [], [], 0.02)[0]:
                continue
            try:
                data = os.read(master, 4096)
            except OSError:
                # EIO: nobody has the port open at this moment.
                gone.wait(0.01)
                continue
            self.bytes += data
            for payload in deframer.feed(data):
                self.heard.append(payload)
                if payload[0] == Hello.TYPE and self.greets:
                    with contextlib.suppress(OSError):
                        os.write(master, REPLY)


@pytest.fixture
def board(tmp_path: Path):
    made = Board(tmp_path / "ttyBOARD")
    yield made
    made.unplug()


@contextlib.asynccontextmanager
async def opened(board: Board) -> AsyncIterator[tuple[SerialTransport, AsyncIterator[TransportEvent]]]:
    transport = SerialTransport(str(board.name), ports=list)
    await transport.open()
    try:
        yield transport, transport.__aiter__()
    finally:
        await transport.close()


async def next_of(events: AsyncIterator[TransportEvent], kind: type) -> TransportEvent:
    async def find() -> TransportEvent:
        async for event in events:
            if isinstance(event, kind):
                return event
        raise AssertionError("the events ended")

    return await asyncio.wait_for(find(), PATIENCE_S)


async def until(true: Callable[[], bool]) -> None:
    async def wait() -> None:
        while not true():
            await asyncio.sleep(0.01)

    await asyncio.wait_for(wait(), PATIENCE_S)


async def payloads(events: AsyncIterator[TransportEvent], count: int) -> list[bytes]:
    deframer, found = Deframer(), list[bytes]()
    while len(found) < count:
        chunk = await next_of(events, Chunk)
        assert isinstance(chunk, Chunk)
        found += [one for one in deframer.feed(chunk.data) if one[0] != HelloReply.TYPE]
    return found


def test_bytes_go_both_ways_in_order(board: Board):
    async def session() -> None:
        async with opened(board) as (transport, events):
            up = await next_of(events, Up)
            assert isinstance(up, Up)
            assert (up.framing, up.payload, up.place) == ("stream", 0, str(board.name))
            messages = [bytes([0x91, n]) + os.urandom(200) for n in range(50)]
            for message in messages:
                board.send(encode_frame(message))
            assert await payloads(events, 50) == messages
            # More than a terminal holds at once, from several tasks.
            requests = [bytes([0x11, n]) * 200 for n in range(30)]
            await asyncio.gather(*(transport.write(encode_frame(one)) for one in requests))
            await until(lambda: len(board.heard) >= 31)
            assert sorted(one for one in board.heard if one[0] == 0x11) == sorted(requests)
        assert board.heard[-1][0] == Leave.TYPE  # the console is given back

    asyncio.run(session())


def test_nothing_follows_leave(board: Board):
    async def session() -> None:
        async with opened(board) as (transport, events):
            await next_of(events, Up)
            # Cancelled, as a session's tasks are when it ends: what its thread does goes on.
            writing = [asyncio.create_task(transport.write(encode_frame(bytes([0x16, n])))) for n in range(200)]
            await asyncio.sleep(0)
            for one in writing:
                one.cancel()
            await transport.close()
            await asyncio.gather(*writing, return_exceptions=True)
        # A frame behind it would put the device back into data mode, and take the console away for 5 s.
        await until(lambda: bytes([Leave.TYPE, 0]) in board.heard)
        assert board.heard[-1][0] == Leave.TYPE

    asyncio.run(session())


def test_arrival_times_are_the_clocks_and_never_go_back(board: Board):
    times = iter(range(1000, 10_000_000))

    async def session() -> None:
        transport = SerialTransport(str(board.name), ports=list, clock=lambda: next(times) / 1000)
        await transport.open()
        events = transport.__aiter__()
        await next_of(events, Up)
        stamps: list[float] = []
        for n in range(5):
            board.send(encode_frame(bytes([0x91, n])))
            chunk = await next_of(events, Chunk)
            assert isinstance(chunk, Chunk)
            stamps.append(chunk.arrival_s)
        assert stamps == sorted(stamps)
        assert stamps[0] >= 1.0
        await transport.close()

    asyncio.run(session())


def test_console_text_before_the_first_frame_is_kept_from_nobody(board: Board):
    board.greets = False

    async def session() -> None:
        async with opened(board) as (_, events):
            await until(lambda: len(board.heard) > 0)
            assert board.heard[0] == Hello.decode(board.heard[0]).encode()
            assert bytes(board.bytes).startswith(hello_frame())
            board.send(PROMPT + hello_frame()[1:-1] + b"\r\nSyntaxError\r\n" + os.urandom(500) + b"\r\n>>> ")
            board.greets = True  # it starts its program now, and hears the next HELLO
            await next_of(events, Up)
            board.send(os.urandom(100) + encode_frame(b"\x91whole") + b"garbage" + encode_frame(b"\x91again"))
            assert await payloads(events, 2) == [b"\x91whole", b"\x91again"]

    asyncio.run(session())


def test_unplugged_and_plugged_in_again(board: Board):
    async def session() -> None:
        async with opened(board) as (transport, events):
            await next_of(events, Up)
            for _ in range(2):
                board.unplug()
                down = await next_of(events, Down)
                assert isinstance(down, Down)
                assert "unplugged" in down.reason
                assert "\n" not in down.reason
                with pytest.raises(TransportError, match="not connected"):
                    await transport.write(b"x")
                board.plug_in()
                await next_of(events, Up)
                board.send(encode_frame(b"\x91back"))
                assert (await payloads(events, 1)) == [b"\x91back"]

    asyncio.run(session())


def test_closing_ends_the_iteration_also_while_unplugged(board: Board):
    async def session() -> None:
        transport = SerialTransport(str(board.name), ports=list)
        await transport.open()
        events = transport.__aiter__()
        await next_of(events, Up)
        board.unplug()
        await next_of(events, Down)
        await transport.close()
        await transport.close()
        assert [event async for event in events if not isinstance(event, Chunk)] == []

    asyncio.run(asyncio.wait_for(session(), PATIENCE_S))


def test_two_programs_on_one_port_and_no_port_are_refused(board: Board):
    async def session() -> None:
        async with opened(board):
            with pytest.raises(TransportError, match="in use by another program"):
                await SerialTransport(str(board.name), ports=list).open()
        with pytest.raises(TransportError, match="no such port"):
            await SerialTransport(str(board.name) + "9", ports=list).open()

    asyncio.run(session())


def test_greeting_is_said_until_answered_and_after_silence():
    greeting = Greeting(0.0)
    assert greeting.hello_due(0.0)
    assert not greeting.hello_due(0.9)
    assert greeting.hello_due(1.0)
    assert greeting.heard(PROMPT, 1.1) == b""
    assert greeting.heard(hello_frame(), 1.2) == b""  # its own echo
    assert not greeting.up
    assert greeting.heard(b"noise\0" + REPLY, 1.3).endswith(b"noise\0" + REPLY)
    assert greeting.up
    assert not greeting.hello_due(3.0)
    greeting.heard(PROMPT, 3.5)  # restarted: text is no sign of life
    assert greeting.hello_due(4.0)
    assert not greeting.hello_due(4.5)
    assert not greeting.dead(7.2)
    assert greeting.dead(7.4)


def test_silent_port_is_given_up_and_console_text_does_not_fill_the_memory():
    greeting = Greeting(0.0)
    for n in range(1000):
        greeting.heard(b"x" * 1000, n * 0.001)
    assert not greeting.dead(5.9)
    assert greeting.dead(6.1)
    assert len(greeting.heard(REPLY, 6.2)) <= 10_000


BOARD = SerialPort("/dev/ttyACM0", "hiphinge", 0x303A, 0x4001, "A1")
BRIDGE = SerialPort("/dev/ttyUSB0", "CP2102N USB to UART", 0x10C4, 0xEA60, "B2")
OTHER = SerialPort("/dev/ttyUSB1", "CH340", 0x1A86, 0x7523)
MODEM = SerialPort("/dev/ttyS0")


@pytest.mark.parametrize(
    ("wanted", "ports", "found"),
    [
        (None, [MODEM, BRIDGE], BRIDGE),
        (None, [MODEM, BRIDGE, BOARD], BOARD),  # its own USB before any bridge
        ("/dev/ttyS0", [MODEM, BOARD], MODEM),
        ("/tmp/pty", [MODEM], SerialPort("/tmp/pty")),
        ("COM7", [], SerialPort("COM7")),
        ("10c4:EA60", [MODEM, BRIDGE, OTHER], BRIDGE),
        ("cp2102", [BRIDGE, OTHER], BRIDGE),
        ("B2", [BRIDGE, OTHER], BRIDGE),
    ],
)
def test_port_is_found(wanted: str | None, ports: list[SerialPort], found: SerialPort):
    assert choose_port(wanted, ports) == found


@pytest.mark.parametrize(
    ("wanted", "ports", "said"),
    [
        (None, [], "there is none at all"),
        (None, [MODEM], "no serial port looks like a hiphinge (there are /dev/ttyS0)"),
        (None, [BRIDGE, OTHER], "more than one serial port looks like a hiphinge: /dev/ttyUSB0 10c4:ea60, "),
        ("303a:4001", [BRIDGE], "no serial port is 303a:4001"),
        ("dowel", [BRIDGE], 'is called "dowel"'),
    ],
)
def test_port_that_is_not_clear_is_refused(wanted: str | None, ports: list[SerialPort], said: str):
    with pytest.raises(TransportError, match=re.escape(said)):
        choose_port(wanted, ports)


def test_device_is_known_again_under_another_name():
    assert BOARD.is_same_device(SerialPort("/dev/ttyACM3", "x", 0x303A, 0x4001, "A1"))
    assert not BOARD.is_same_device(SerialPort("/dev/ttyACM3", "x", 0x303A, 0x4001, "A2"))
    assert not MODEM.is_same_device(MODEM)


def test_inbox_is_bounded_and_states_always_find_room():
    async def fill() -> list[TransportEvent]:
        # Each event takes 128 bytes beside its own.
        inbox = Inbox(most_bytes=10 * 228)
        for n in range(20):
            inbox.put(Chunk(bytes(100), float(n)))
        inbox.put(Down("gone", 20.0))
        inbox.end()
        assert inbox.dropped_bytes == 1000
        return [event async for event in inbox]

    events = asyncio.run(fill())
    assert [event.arrival_s for event in events if isinstance(event, Chunk)] == [float(n) for n in range(10)]
    assert events[-1] == Down("gone", 20.0)


def test_transports_load_neither_asyncio_nor_pyserial_until_opened():
    code = (
        "import sys, hiphinge.transports.base, hiphinge.transports.serial, hiphinge.transports.replay\n"
        "print([name for name in ('asyncio', 'serial', 'numpy', 'polars') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "'serial'" not in run.stdout
    assert "'asyncio'" not in run.stdout
    assert "'polars'" not in run.stdout
