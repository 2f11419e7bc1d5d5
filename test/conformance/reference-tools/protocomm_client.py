"""A client of unified provisioning by others: esp-protocomm with security 1, over HTTP.

Usage: protocomm_client.py URL PROOF SSID, the password on standard input. Prints how the device says that it went.
"""

import asyncio
import http.client
import sys
from urllib.parse import urlparse

from esp_protocomm import Security1, SecurityError, WifiError, establish_session, provision_wifi


class HttpTransport:
    """One kept connection, one cookie."""

    def __init__(self, url: str) -> None:
        where = urlparse(url)
        self.connection = http.client.HTTPConnection(where.hostname, where.port, timeout=20)
        self.cookie: str | None = None

    async def send(self, endpoint: str, data: bytes) -> bytes:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.cookie is not None:
            headers["Cookie"] = self.cookie
        self.connection.request("POST", f"/{endpoint}", data, headers)
        answer = self.connection.getresponse()
        cookie = answer.getheader("Set-Cookie")
        if cookie is not None:
            self.cookie = cookie
        return answer.read()


async def main(url: str, proof: str, ssid: str, password: str) -> None:
    transport = HttpTransport(url)
    try:
        print((await transport.send("proto-ver", b"ESP")).decode())
        security = await establish_session(transport, Security1(proof))
        status = await provision_wifi(transport, security, ssid, password, timeout=20, poll_interval=0.2)
        print(status.describe())
    except SecurityError as error:
        print(f"security: {error}")
    except WifiError as error:
        print(f"wifi: {error}")


asyncio.run(main(*sys.argv[1:4], sys.stdin.readline().rstrip("\n")))
