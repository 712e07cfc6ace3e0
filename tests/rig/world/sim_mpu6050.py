"""A register-level MPU-6050: reset, sleep, scales, FIFO without frames, overflow, self-test against a factory trim."""

from sim_clock import clock

ACC_PG = (61035156, 122070312, 244140625, 488281250)
GYR_NDPS = (7633588, 15267176, 30487805, 60975610)


class Mpu6050Chip:
    """One chip; see `sim_lsm6.Lsm6Chip`."""

    DEPTH = 1024

    def __init__(self, source, rate_error=0.0):
        self.source = source
        self.rate_error = rate_error
        self.values = [0] * 6  # gyroscope, accelerometer
        self.destroyed = set()
        self.powered = True
        self.response = 1.0  # of the self-test, of the factory's
        self.temperature_c = 30.0
        self._defaults()

    def power(self, on):
        """Supply on or off."""
        self.powered = on
        self._defaults()

    def answers(self):
        """Whether it acknowledges."""
        return self.powered

    def _defaults(self):
        self.registers = bytearray(128)
        self.registers[0x6B] = 0x40  # asleep
        self.registers[0x75] = 0x68
        self.registers[0x0D:0x11] = bytes((0x6C, 0x8D, 0x4E, 0x1B))
        self._reset_until = 0
        self._running = False
        self.fifo = bytearray()
        self._made = 0

    def acc_pg(self):
        """One accelerometer count."""
        return ACC_PG[self.registers[0x1C] >> 3 & 3]

    def gyr_ndps(self):
        """One gyroscope count."""
        return GYR_NDPS[self.registers[0x1B] >> 3 & 3]

    def sample_time_us(self, number):
        """True time of a sample."""
        return self._start_us + (number + 1) * self._period_us

    def run(self):
        """Make the samples that are due."""
        while self._running and self.sample_time_us(self._made) <= clock.now_us:
            self.source.fill(self._made, self, self.values)
            self._force()
            if self.registers[0x6A] & 0x40 and self.registers[0x23] == 0x78:
                for k in (3, 4, 5, 0, 1, 2):
                    value = self.values[k] & 0xFFFF
                    self.fifo.append(value >> 8)
                    self.fifo.append(value & 255)
                if len(self.fifo) > self.DEPTH:
                    self.fifo = self.fifo[len(self.fifo) - self.DEPTH :]
                    self.registers[0x3A] |= 0x10
            self._made += 1

    def _force(self):
        trim = self.registers[0x0D:0x11]
        for k in range(3):
            if self.registers[0x1B] & (0x80 >> k):
                code = trim[k] & 0x1F
                self.values[k] += int(self.response * (-1 if k == 1 else 1) * 25 * 131 * 1.046 ** (code - 1))
            if self.registers[0x1C] & (0x80 >> k):
                code = (trim[k] >> 5) << 2 | trim[3] >> (4 - 2 * k) & 3
                self.values[3 + k] += int(self.response * 4096 * 0.34 * (0.92 / 0.34) ** ((code - 1) / 30))

    def write(self, register, data):
        """Bytes from `register` on."""
        self.run()
        for value in data:
            if register == 0x6B and value & 0x80:
                self._defaults()
                self._reset_until = clock.now_us + 50000
            elif clock.now_us >= self._reset_until and register not in (0x3A, 0x75, 0x72, 0x73):
                if register == 0x6A and value & 4:
                    self.fifo = bytearray()
                self.registers[register] = value & ~4 if register == 0x6A else value
                if register in (0x19, 0x6B):
                    self._running = not self.registers[0x6B] & 0x40
                    self._start_us = clock.now_us
                    self._period_us = 1000 * (1 + self.registers[0x19]) / (1 + self.rate_error)
                    self._made = 0
            register += 1

    def read(self, register, buffer, count):
        """`count` bytes from `register` on."""
        self.run()
        if register == 0x74:
            buffer[:count] = self.fifo[:count] + bytes(max(0, count - len(self.fifo)))
            self.fifo = self.fifo[count:]
            return
        for k in range(count):
            buffer[k] = self._register(register + k)

    def lose(self, register, clocked):
        """An aborted read: the bytes clocked out are gone."""
        self.run()
        if register == 0x74:
            self.fifo = self.fifo[clocked:]

    def _register(self, register):
        if register == 0x6B and clock.now_us < self._reset_until:
            return self.registers[0x6B] | 0x80
        if register == 0x3A:
            value = self.registers[0x3A]
            self.registers[0x3A] = 0
            return value
        if register in (0x72, 0x73):
            return len(self.fifo) >> (8 if register == 0x72 else 0) & 255
        if 0x3B <= register <= 0x48:
            word = (register - 0x3B) >> 1
            if word == 3:
                value = int((self.temperature_c - 36.53) * 340)
            else:
                value = self.values[3 + word] if word < 3 else self.values[word - 4]
            return value >> (8 if register & 1 else 0) & 255
        return self.registers[register]
