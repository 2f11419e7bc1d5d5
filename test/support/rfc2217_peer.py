# An RFC 2217 server that is not ours: pyserial's PortManager in front of a serial port that is a TCP stream.
# Usage: rfc2217_peer.py DATA_PORT [espressif]: the second takes Espressif's manager, which runs resets by itself. Prints one JSON line for its port number and one for each change of the port.
import json
import socket
import sys
import threading

import serial.rfc2217


OUTPUT = threading.Lock()


def tell(**event):
    with OUTPUT:
        print(json.dumps(event), flush=True)


class StreamPort:
    """What PortManager wants of a serial port; settings are reported, bytes go over a socket."""

    def __init__(self, stream):
        self.stream = stream
        self.cts = self.dsr = self.ri = self.cd = False
        self.bytesize, self.parity, self.stopbits = 8, "N", 1
        self.xonxoff = self.rtscts = False

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        if name in ("dtr", "rts", "baudrate"):
            tell(**{name: value})

    def isOpen(self):
        return True

    def setDTR(self, state):
        self.dtr = state

    def setRTS(self, state):
        self.rts = state

    def reset_input_buffer(self):
        tell(purged="input")

    def reset_output_buffer(self):
        tell(purged="output")


class Connection:
    def __init__(self, client):
        self.client = client
        self.lock = threading.Lock()

    def write(self, data):
        with self.lock:
            self.client.sendall(data)


def to_client(stream, connection, manager):
    while data := stream.recv(4096):
        connection.write(b"".join(manager.escape(data)))


def make_manager(port, connection):
    if sys.argv[2:] != ["espressif"]:
        return serial.rfc2217.PortManager(port, connection)
    from esp_rfc2217_server.esp_port_manager import EspPortManager

    return EspPortManager(port, connection, esp32r0_delay=False)


def main():
    stream = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    listener = socket.create_server(("127.0.0.1", 0))
    tell(listening=listener.getsockname()[1])
    client, _ = listener.accept()
    port = StreamPort(stream)
    port.dtr = port.rts = False
    port.baudrate = 9600
    connection = Connection(client)
    manager = make_manager(port, connection)
    threading.Thread(target=to_client, args=(stream, connection, manager), daemon=True).start()
    while data := client.recv(4096):
        stream.sendall(b"".join(manager.filter(data)))


main()
