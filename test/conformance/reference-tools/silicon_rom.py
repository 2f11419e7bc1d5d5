"""A chip's own ROM loader, instruction by instruction, behind TCP: the reference that no reading of the protocol can stand for.

Needs the chip's ROM as an ELF file (ESP-IDF installs them, see ESP_ROM_ELF_DIR) and the Python packages unicorn and
pyelftools. RISC-V chips only. The ROM's download loop runs as it is; only what touches hardware is replaced: one byte
from and to the UART, erase, program and read of flash, and the delays. Other registers are plain memory, with the words
of --words (JSON: address to value) burnt in, and the SPI controller answers RDID.

It prints its address as one JSON line and serves one client at a time, each at a chip that was just reset into its
loader. What ends a session beside the client prints a line too: {"reset": ...} or {"run": entry}. On SIGTERM the flash
is written to the file of --flash.
"""
import argparse
import json
import signal
import socket
import sys

from elftools.elf.elffile import ELFFile
from unicorn import UC_ARCH_RISCV, UC_HOOK_CODE, UC_HOOK_MEM_READ, UC_HOOK_MEM_UNMAPPED, UC_HOOK_MEM_WRITE
from unicorn import UC_MODE_RISCV32, Uc, UcError
from unicorn.riscv_const import UC_RISCV_REG_A0, UC_RISCV_REG_A1, UC_RISCV_REG_A2, UC_RISCV_REG_PC
from unicorn.riscv_const import UC_RISCV_REG_RA, UC_RISCV_REG_SP

PAGE = 0x1000
SECTOR, BLOCK = 0x1000, 0x10000
FLASH_BYTES = 0x400000
# Addresses are of 32 bits, and the flash takes as many of them as it has.
WORD = 1 << 32
RETURN_TO = 0x7F000000
STACK_TOP = 0x7E010000
ENTRY_WORD = 0x7E000000
RUN = 1 << 18
RDID = 0x9F


class Silicon:
    def __init__(self, elf_path, words, spi_base):
        with open(elf_path, "rb") as file:
            elf = ELFFile(file)
            # By section: the program headers give no address to data that the ROM copies to RAM when it starts.
            self.segments = [
                (s["sh_addr"], s.data())
                for s in elf.iter_sections()
                if s["sh_type"] == "SHT_PROGBITS" and s["sh_addr"] and s["sh_size"]
            ]
            table = elf.get_section_by_name(".symtab")
            self.symbols = {s.name: s["st_value"] for s in table.iter_symbols() if s["st_value"]}
        self.words = words
        self.spi = spi_base
        self.flash = bytearray(b"\xff" * FLASH_BYTES)

    def serve(self, connection):
        self.connection = connection
        self.inbox, self.outbox = b"", bytearray()
        self.gone = False
        self.uc = uc = Uc(UC_ARCH_RISCV, UC_MODE_RISCV32)
        self.mapped = set()
        uc.hook_add(UC_HOOK_MEM_UNMAPPED, self.map_more)
        for address, data in self.segments:
            self.map(address, len(data))
            uc.mem_write(address, data)
        for address in (RETURN_TO, STACK_TOP - BLOCK, STACK_TOP):
            self.map(address, PAGE)
        for address, value in self.words.items():
            self.write_word(address, value)
        command = self.spi
        self.map(command, 0x100)
        uc.hook_add(UC_HOOK_MEM_READ, self.spi_idle, begin=command, end=command)
        uc.hook_add(UC_HOOK_MEM_WRITE, self.spi_written, begin=command, end=command)
        self.replace()
        self.run_loader()

    def map(self, address, size):
        for page in range(address // PAGE * PAGE, address + size, PAGE):
            if page not in self.mapped:
                self.uc.mem_map(page, PAGE)
                self.mapped.add(page)

    def map_more(self, _uc, _kind, address, size, _value, _data):
        self.map(address, max(size, 1))
        return True

    def word(self, address):
        return int.from_bytes(self.uc.mem_read(address, 4), "little")

    def write_word(self, address, value):
        self.map(address, 4)
        self.uc.mem_write(address, value.to_bytes(4, "little"))

    def replace(self):
        """Each of these functions of the ROM is done here; what it returns is its result."""
        for name, act in {
            "uart_rx_readbuff": self.receive_byte,
            "uart_tx_one_char2": self.send_byte,
            "uart_tx_wait_idle": lambda *_: 0,
            "uart_div_modify": lambda *_: 0,
            "ets_isr_mask": lambda *_: 0,
            "ets_isr_unmask": lambda *_: 0,
            "ets_delay_us": lambda *_: 0,
            "esp_rom_delay_us": lambda *_: 0,
            "uart_tx_send_queued_data": lambda *_: 0,
            "spi_flash_attach": lambda *_: 0,
            "SPILock": lambda *_: 0,
            "esp_rom_spiflash_unlock": lambda *_: 0,
            "_esp_rom_spiflash_unlock": lambda *_: 0,
            "esp_rom_spiflash_config_readmode": lambda *_: 0,
            "esp_rom_spiflash_erase_sector": lambda number, *_: self.erase(number * SECTOR, SECTOR),
            "_esp_rom_spiflash_erase_sector": lambda number, *_: self.erase(number * SECTOR, SECTOR),
            "esp_rom_spiflash_erase_block": lambda number, *_: self.erase(number * BLOCK, BLOCK),
            "_esp_rom_spiflash_erase_block": lambda number, *_: self.erase(number * BLOCK, BLOCK),
            "esp_rom_spiflash_write": self.program,
            "esp_rom_spiflash_read": self.read,
            "software_reset": lambda *_: self.end({"reset": True}),
        }.items():
            if name in self.symbols:
                at = self.symbols[name]
                self.uc.hook_add(UC_HOOK_CODE, self.instead(act), begin=at, end=at)

    def instead(self, act):
        def hook(uc, _address, _size, _data):
            args = [uc.reg_read(r) for r in (UC_RISCV_REG_A0, UC_RISCV_REG_A1, UC_RISCV_REG_A2)]
            result = act(*args)
            if result is None:
                uc.emu_stop()
                return
            uc.reg_write(UC_RISCV_REG_A0, result)
            uc.reg_write(UC_RISCV_REG_PC, uc.reg_read(UC_RISCV_REG_RA))

        return hook

    def receive_byte(self, _buffer, to, _size):
        if not self.inbox:
            self.flush()
            try:
                self.inbox = self.connection.recv(65536)
            except OSError:
                self.inbox = b""
            if not self.inbox:
                return self.end(None)
        self.uc.mem_write(to, self.inbox[:1])
        self.inbox = self.inbox[1:]
        return 0

    def send_byte(self, byte, *_):
        self.outbox.append(byte & 0xFF)
        return 0

    def flush(self):
        if self.outbox:
            data, self.outbox = bytes(self.outbox), bytearray()
            try:
                self.connection.sendall(data)
            except OSError:
                self.gone = True

    def end(self, event):
        self.flush()
        self.gone = True
        if event is not None:
            print(json.dumps(event), flush=True)
        self.uc.emu_stop()
        return None

    def chip_bytes(self):
        return self.word(self.word(self.symbols["rom_spiflash_legacy_data"]) + 4)

    def erase(self, address, size):
        at = address % FLASH_BYTES
        self.flash[at : at + size] = b"\xff" * size
        return 0

    def program(self, address, source, size):
        if (address + size) % WORD > self.chip_bytes():
            return 1
        for index, byte in enumerate(self.uc.mem_read(source, size)):
            self.flash[(address + index) % FLASH_BYTES] &= byte
        return 0

    def read(self, address, target, size):
        if (address + size) % WORD > self.chip_bytes():
            return 1
        self.uc.mem_write(target, bytes(self.flash[(address + index) % FLASH_BYTES] for index in range(size)))
        return 0

    def spi_idle(self, _uc, _kind, address, _size, _value, _data):
        self.write_word(address, self.word(address) & ~RUN)

    def spi_written(self, _uc, _kind, _address, _size, value, _data):
        if value & RUN and self.word(self.spi + 0x20) & 0xFF == RDID:
            self.write_word(self.spi + 0x58, 0x1640EF)

    def run_loader(self):
        uc = self.uc
        uc.reg_write(UC_RISCV_REG_SP, STACK_TOP - 0x100)
        uc.reg_write(UC_RISCV_REG_RA, RETURN_TO)
        uc.reg_write(UC_RISCV_REG_A0, ENTRY_WORD)
        at = self.symbols["ets_uart_download"]
        while not self.gone:
            try:
                uc.emu_start(at, RETURN_TO)
            except UcError as error:
                print(json.dumps({"crash": str(error), "pc": hex(uc.reg_read(UC_RISCV_REG_PC))}), flush=True)
                return
            at = uc.reg_read(UC_RISCV_REG_PC)
            if at == RETURN_TO:
                self.end({"run": self.word(ENTRY_WORD)})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--elf", required=True)
    parser.add_argument("--spi", required=True, type=lambda text: int(text, 0))
    parser.add_argument("--words", default="{}")
    parser.add_argument("--flash")
    options = parser.parse_args()
    words = {int(address, 0): value for address, value in json.loads(options.words).items()}
    silicon = Silicon(options.elf, words, options.spi)

    def stop(*_):
        if options.flash:
            with open(options.flash, "wb") as file:
                file.write(silicon.flash)
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(json.dumps({"url": "tcp://127.0.0.1:%d" % server.getsockname()[1]}), flush=True)
        while True:
            connection, _ = server.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                silicon.serve(connection)


main()
