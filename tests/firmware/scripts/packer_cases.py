"""The device's own encoders against the wire's codec."""

from array import array

from hiphinge_wire import framing
from hiphinge_wire.block import COLUMNS, Block, block_size, encode_block
from hiphinge_wire.fragment import Fragmenter, Reassembler

from hiphinge_fw.core import packer
from hiphinge_fw.core.clock import Clock
from hiphinge_fw.core.crc16 import cobs, crc16
from hiphinge_fw.core.sender import Packets
from rig_report import report
from sim_random import Chance


def halves(values):
    return b"".join(bytes((value & 255, value >> 8 & 255)) for value in values)


def blocks(profile, seed, cases):
    """Blocks of random contents; counts from none to the most, numbers at the ends of their ranges."""
    chance = Chance(seed)
    buffer = bytearray(3000)
    extremes = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
    different = 0
    for case in range(cases):
        # The third is the most a message holds, but for profile A, whose stage ends before.
        most = (24, 23) if profile == 2 else (39, 38)
        counts = [(0, 1), (1, 0), (4, 4), most, (7, 9)][case % 5]
        stages = []
        truth = []
        for imu in range(2):
            raw = array("h", [chance.between(-32768, 32767) for _ in range(6 * 48)])
            quaternions = array("h", [chance.between(-32768, 32767) for _ in range(4 * 48)])
            stage = array("h", bytes(20 * 121))
            # In two goes, from somewhere in the source.
            first = counts[imu] // 2
            packer.stage(stage, 0, raw, quaternions, 3, first)
            packer.stage(stage, first, raw, quaternions, 3 + first, counts[imu] - first)
            stages.append(stage)
            rows = []
            for i in range(3, 3 + counts[imu]):
                rows += list(quaternions[4 * i : 4 * i + 4]) if profile != 3 else []
                rows += list(raw[6 * i : 6 * i + 6]) if profile != 1 else []
            anchor = list(quaternions[12:16]) if counts[imu] else [0, 0, 0, 0]
            truth.append((halves(rows), halves(anchor)))
        pick = [extremes[chance.below(5)] for _ in range(6)]
        boot, sequence = pick[0] or 1, pick[1]
        period = [pick[2] or 1, pick[3] or 1]
        offset = [chance.below(1 << 30), chance.below(1 << 30)]
        high, low = chance.below(1 << 29), chance.below(1 << 29)
        epoch = 1 + chance.below(65535)
        flags, imu_flags = chance.below(2), [chance.below(256), chance.below(256)]
        words = array("i", bytes(4 * packer.WORDS))

        for at, value in (
            (packer.PROFILE, profile),
            (packer.EPOCH, epoch),
            (packer.BOOT_LOW, boot & 0xFFFF),
            (packer.BOOT_HIGH, boot >> 16),
            (packer.SEQUENCE, sequence),
            (packer.FLAGS, flags),
            (packer.COUNTS, counts[0]),
            (packer.COUNTS + 1, counts[1]),
            (packer.FIRST, pick[4]),
            (packer.FIRST + 1, pick[5]),
            (packer.OFFSET, offset[0]),
            (packer.OFFSET + 1, offset[1]),
            (packer.PERIOD, period[0]),
            (packer.PERIOD + 1, period[1]),
            (packer.IMU_FLAGS, imu_flags[0]),
            (packer.IMU_FLAGS + 1, imu_flags[1]),
        ):
            words[at] = value - 0x100000000 if value > 0x7FFFFFFF else value
        place = 4 * chance.below(20)
        length = packer.pack(buffer, place, words, stages[0], stages[1])
        clock = Clock(0)
        clock.high, clock.low = high, low
        clock.put(buffer, place + packer.TIME_AT, 0)
        time_us = (high << 29) + low
        block = Block(
            profile=profile,
            epoch=epoch,
            boot=boot,
            sequence=sequence,
            time_lo=time_us & 0xFFFFFFFF,
            time_hi=time_us >> 32,
            flags=flags,
            counts=counts,
            first_index=(pick[4], pick[5]),
            offset_us=tuple(offset),
            period=tuple(period),
            imu_flags=tuple(imu_flags),
            anchors=truth[0][1] + truth[1][1] if profile == 3 else b"",
            samples=(truth[0][0], truth[1][0]),
        )
        wire = encode_block(block)
        assert len(wire) == block_size(profile, counts[0] + counts[1])
        assert COLUMNS[profile]
        different += bytes(buffer[place : place + length]) != wire
    report(different=different)


class Port:
    """Keeps packets; refuses every third offer."""

    def __init__(self):
        self.packets = []
        self.offers = 0

    def send(self, channel, view):
        self.offers += 1
        if self.offers % 3 == 0:
            return False
        self.packets.append(bytes(view))
        return True


def fragments(payload, sizes):
    """What goes out, against the codec's fragmenter; and that its receiver joins it."""
    port = Port()
    packets = Packets(port, 0, bytearray(1024))
    packets.reset(payload)
    wanted = Fragmenter(payload)
    joiner = Reassembler()
    same = joined = 0
    for size in sizes:
        message = bytes((k * 7 + size) & 255 for k in range(size))
        port.packets = []
        packets.message[:size] = message
        packets.load(size)
        while packets.busy:
            packets.push()
        same += port.packets == wanted.split(message)
        out = None
        for packet in port.packets:
            out = joiner.feed(packet)
        joined += out == message
    report(same=same, joined=joined, refused=port.offers // 3)


def frames(sizes, seed):
    """CRC-16 and COBS against the codec's."""
    chance = Chance(seed)
    out = bytearray(1300)
    same = 0
    for size in sizes:
        data = bytes(chance.below(5) if chance.below(2) else chance.below(256) for _ in range(size))
        end = cobs(data, size, out, 1)
        same += crc16(data, 0, size, 0xFFFF) == framing.crc16(data) and bytes(out[1:end]) == framing.cobs_encode(data)
    plain = bytes([7] * 600)
    for size in (253, 254, 255, 508, 509):
        end = cobs(plain, size, out, 0)
        same += bytes(out[:end]) == framing.cobs_encode(plain[:size])
    report(same=same, check=crc16(b"123456789", 0, 9, 0xFFFF))
