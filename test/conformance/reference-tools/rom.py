"""An ESP32 ROM loader behind TCP, written from the public protocol document alone: a third reading of the protocol.

It prints its address as one JSON line and serves one client at a time. Habits, given as arguments, are things that
real chips and adapters do: `split` sends every byte in a segment of its own, `banner` prints boot text first, `one-sync`
answers SYNC once instead of eight times, `single-write` only looks at the first group of a WRITE_REG, `slow` takes its
time to erase, `deaf-begin` does not know the first SYNCs, `usb` hands over at most 64 bytes at a time, `noise` logs a line
before each answer, `echo` gives each request back first, as a wire with both directions on it does, `late-sync` has
answers to an old SYNC before others, `two-status` ends answers with two status bytes as a stub does, `md5-raw` gives 16
bytes of MD5, `md5-upper` gives it in capitals, `same-op` refuses what it does not know under that op code, once,
`erased-only` refuses data beyond what its write began with erasing, and `mute` stops answering for ever at its 20th
request. On SIGTERM the flash is written to the file of --flash.
"""
import hashlib
import json
import signal
import socket
import struct
import sys
import time
import zlib

HABITS = set(arg for arg in sys.argv[1:] if not arg.startswith("--"))
FLASH_FILE = next((arg.split("=", 1)[1] for arg in sys.argv if arg.startswith("--flash=")), None)

END, ESC = b"\xc0", b"\xdb"
MAC = bytes.fromhex("a4cf123456aa")
flash = bytearray(b"\xff" * 0x400000)


def crc8(data):
    """Dallas/Maxim CRC-8, the one over the MAC in eFuse."""
    crc = 0
    for byte in data:
        for _ in range(8):
            mix = (crc ^ byte) & 1
            crc = (crc >> 1) ^ (0x8C if mix else 0)
            byte >>= 1
    return crc


registers = {
    0x40001000: 0x00F01D83,
    0x3FF5A004: struct.unpack(">I", MAC[2:])[0],
    0x3FF5A008: crc8(MAC) << 16 | struct.unpack(">H", MAC[:2])[0],
    0x3FF5A00C: 0x8200,
    0x3FF5A014: 1 << 20,
    0x3FF6607C: 1 << 31,
    0x3FF40014: 347,
    0x3FF5F06C: 2560 << 7,
    0x3FF5A010: 40,
}


class Refused(Exception):
    pass


class Rom:
    def __init__(self):
        self.inflater = None
        self.at = 0
        self.syncs = 0
        self.requests = 0

    def run(self, op, data, check):
        handler = getattr(self, "op_%02x" % op, None)
        if handler is None:
            raise Refused(5)
        if op in (0x03, 0x07, 0x11):
            payload = data[16:]
            length, _sequence, zero_a, zero_b = struct.unpack("<4I", data[:16])
            total = 0xEF
            for byte in payload:
                total ^= byte
            if length != len(payload) or zero_a or zero_b:
                raise Refused(5)
            if check != total:
                raise Refused(7)
            return handler(payload)
        return handler(data)

    def op_08(self, data):
        if data != b"\x07\x07\x12\x20" + b"\x55" * 32:
            raise Refused(5)
        return 0x20120707, b""

    def op_09(self, data):
        size = 16 if "single-write" in HABITS else len(data)
        for at in range(0, size, 16):
            address, value, mask, _delay = struct.unpack("<4I", data[at : at + 16])
            registers[address] = registers.get(address, 0) & ~mask | value & mask
            if address == 0x3FF42000 and value >> 18 & 1:
                registers[0x3FF42000] = 0
                if registers.get(0x3FF42024, 0) & 0xFF == 0x9F:
                    registers[0x3FF42080] = 0x1640EF
        return 0, b""

    def op_0a(self, data):
        return registers.get(struct.unpack("<I", data)[0], 0), b""

    def op_0b(self, data):
        if len(data) != 24:
            raise Refused(5)
        return 0, b""

    def op_0d(self, data):
        if len(data) != 8:
            raise Refused(5)
        return 0, b""

    def op_0e(self, data):
        offset, length = struct.unpack("<2I", data)
        if length > 64:
            raise Refused(0x0A)
        return 0, bytes(flash[offset : offset + 64]).ljust(64, b"\xff")

    def op_0f(self, data):
        if len(data) != 8:
            raise Refused(5)
        return 0, b""

    def erase(self, size, offset):
        if "slow" in HABITS:
            time.sleep(0.3)
        first, last = offset // 4096 * 4096, -(-(offset + size) // 4096) * 4096
        flash[first:last] = b"\xff" * (last - first)

    def program(self, data):
        if "erased-only" in HABITS and self.at + len(data) > self.end:
            raise Refused(8)
        for byte in data:
            flash[self.at] &= byte
            self.at += 1

    def begin(self, data):
        if len(data) != 16:
            raise Refused(5)
        size, _blocks, block, offset = struct.unpack("<4I", data)
        if block > 0x4000:
            raise Refused(5)
        self.erase(size, offset)
        self.at = offset
        self.end = offset + -(-size // 4096) * 4096
        return 0, b""

    def op_02(self, data):
        return self.begin(data)

    def op_03(self, payload):
        self.program(payload)
        return 0, b""

    def op_04(self, data):
        return 0, b""

    def op_10(self, data):
        self.inflater = zlib.decompressobj()
        return self.begin(data)

    def op_11(self, payload):
        if self.inflater is None:
            raise Refused(6)
        try:
            self.program(self.inflater.decompress(payload))
        except zlib.error:
            raise Refused(0x0B)
        return 0, b""

    def op_12(self, data):
        return 0, b""

    def op_13(self, data):
        offset, size, _, _ = struct.unpack("<4I", data)
        digest = hashlib.md5(flash[offset : offset + size])
        if "md5-raw" in HABITS:
            return 0, digest.digest()
        text = digest.hexdigest()
        return 0, (text.upper() if "md5-upper" in HABITS else text).encode()


def frame(body):
    return END + body.replace(ESC, b"\xdb\xdd").replace(END, b"\xdb\xdc") + END


def serve(client):
    rom = Rom()

    def send(data):
        step = 1 if "split" in HABITS else 64 if "usb" in HABITS else len(data)
        for at in range(0, len(data), step):
            client.sendall(data[at : at + step])
            if "usb" in HABITS:
                time.sleep(0.001)

    if "banner" in HABITS:
        send(b"ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x3 (DOWNLOAD_BOOT(UART0))\r\nwaiting for download\r\n")
    buffered, inside = bytearray(), False
    while True:
        chunk = client.recv(4096)
        if not chunk:
            return
        for byte in chunk:
            if byte == 0xC0:
                if inside and buffered:
                    answer(rom, bytes(buffered).replace(b"\xdb\xdc", END).replace(b"\xdb\xdd", ESC), send)
                    inside = False
                else:
                    inside = True
                buffered.clear()
            elif inside:
                buffered.append(byte)


def answer(rom, request, send):
    direction, op, length, check = struct.unpack("<BBHI", request[:8])
    data = request[8:]
    if direction != 0 or length != len(data):
        return
    rom.requests += 1
    if "mute" in HABITS and rom.requests >= 20:
        return
    if "echo" in HABITS:
        send(frame(request))
    if "noise" in HABITS:
        send(b"I (%d) boot: op %02x\r\n" % (rom.requests, op))
    if "late-sync" in HABITS and op != 0x08:
        send(frame(struct.pack("<BBHI", 1, 0x08, 4, 0x20120707) + b"\0\0\0\0") * 2)
    status = 2 if "two-status" in HABITS else 4
    if op == 0x08:
        rom.syncs += 1
        if "deaf-begin" in HABITS and rom.syncs < 4:
            return
    try:
        value, reply = rom.run(op, data, check)
        body = struct.pack("<BBHI", 1, op, len(reply) + status, value) + reply + bytes(status)
        repeats = 8 if op == 0x08 and "one-sync" not in HABITS else 1
    except Refused as refusal:
        hides_op = refusal.args[0] == 5 and "same-op" not in HABITS
        body = struct.pack("<BBHI", 1, 0 if hides_op else op, status, 0) + bytes([1, refusal.args[0], 0, 0])[:status]
        repeats = 8 if hides_op else 1
    for _ in range(repeats):
        send(frame(body))


def save(*_):
    if FLASH_FILE:
        with open(FLASH_FILE, "wb") as file:
            file.write(flash)
    sys.exit(0)


signal.signal(signal.SIGTERM, save)
listener = socket.create_server(("127.0.0.1", 0))
print(json.dumps({"url": "tcp://127.0.0.1:%d" % listener.getsockname()[1]}), flush=True)
while True:
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        serve(connection)
    except OSError:
        pass
    connection.close()
