"""A device of unified provisioning made of other people's parts: the packages srp and cryptography, the messages of
esp-protocomm. One session at a time; a handler that fails closes the connection.

Usage: protocomm_device.py SECURITY PATCH PROOF SSID PASSWORD SALT VERIFIER (the last two in hex, or - to make them).
Prints its port. SSID and PASSWORD are those that it can join.
"""

import hashlib
import json
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

import srp._pysrp as srp
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from esp_protocomm.proto import sec1_pb2, sec2_pb2, session_pb2, wifi_config_pb2, wifi_scan_pb2

SECURITY, PATCH, PROOF, SSID, PASSWORD, SALT, VERIFIER = sys.argv[1:8]
USERNAME = "wifiprov"
# RFC 5054, appendix A, 3072 bits.
N_HEX = (
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F83655D23DCA3AD961C62F356208552BB9ED529077096966D"
    "670C354E4ABC9804F1746C08CA18217C32905E462E36CE3BE39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF695581718"
    "3995497CEA956AE515D2261898FA051015728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7D"
    "B3970F85A6E1E4C7ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF"
)
srp.rfc5054_enable()
GROUP = {"hash_alg": srp.SHA512, "ng_type": srp.NG_CUSTOM, "n_hex": N_HEX, "g_hex": "5"}


class Refused(Exception):
    pass


class Stream:
    """Security 1."""

    def __init__(self, key: bytes, iv: bytes) -> None:
        self.cipher = Cipher(algorithms.AES(key), modes.CTR(iv)).encryptor()

    def open(self, data: bytes) -> bytes:
        return self.cipher.update(data)

    seal = open


class Gcm:
    """Security 2: one nonce whose last four bytes count every message of both sides."""

    def __init__(self, key: bytes, nonce: bytes) -> None:
        self.aes = AESGCM(key)
        self.nonce = nonce

    def step(self) -> None:
        if PATCH == "1":
            count = int.from_bytes(self.nonce[8:], "big") + 1
            self.nonce = self.nonce[:8] + count.to_bytes(4, "big")

    def open(self, data: bytes) -> bytes:
        opened = self.aes.decrypt(self.nonce, data, None)
        self.step()
        return opened

    def seal(self, data: bytes) -> bytes:
        sealed = self.aes.encrypt(self.nonce, data, None)
        self.step()
        return sealed


class Device:
    channel = None
    half = None
    wanted = ("", "")
    polls = 0

    def handle(self, endpoint: str, body: bytes) -> bytes:
        if endpoint == "proto-ver":
            version = {"ver": "v1.1", "sec_ver": int(SECURITY), "cap": ["wifi_scan"]}
            if PATCH == "1":
                version["sec_patch_ver"] = 1
            return json.dumps({"prov": version}).encode()
        if endpoint == "prov-session":
            return self.session1(body) if SECURITY == "1" else self.session2(body)
        if self.channel is None:
            raise Refused
        handler = {"prov-config": self.config, "prov-scan": self.scan}.get(endpoint)
        if handler is None:
            raise Refused
        return self.channel.seal(handler(self.channel.open(body)))

    def session1(self, body: bytes) -> bytes:
        asked, answer = session_pb2.SessionData(), session_pb2.SessionData()
        asked.ParseFromString(body)
        answer.sec_ver = session_pb2.SecScheme1
        if asked.sec1.msg == sec1_pb2.Session_Command0:
            own = X25519PrivateKey.generate()
            client = asked.sec1.sc0.client_pubkey
            shared = own.exchange(X25519PublicKey.from_public_bytes(client))
            if PROOF:
                digest = hashlib.sha256(PROOF.encode()).digest()
                shared = bytes(a ^ b for a, b in zip(shared, digest, strict=True))
            random = os.urandom(16)
            public = own.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            self.half = (Stream(shared, random), public, client)
            answer.sec1.msg = sec1_pb2.Session_Response0
            answer.sec1.sr0.device_pubkey = public
            answer.sec1.sr0.device_random = random
            return answer.SerializeToString()
        stream, public, client = self.half
        if stream.open(asked.sec1.sc1.client_verify_data) != public:
            raise Refused
        answer.sec1.msg = sec1_pb2.Session_Response1
        answer.sec1.sr1.device_verify_data = stream.seal(client)
        self.channel = stream
        return answer.SerializeToString()

    def session2(self, body: bytes) -> bytes:
        asked, answer = session_pb2.SessionData(), session_pb2.SessionData()
        asked.ParseFromString(body)
        answer.sec_ver = session_pb2.SecScheme2
        if asked.sec2.msg == sec2_pb2.S2Session_Command0:
            if len(asked.sec2.sc0.client_pubkey) != 384:
                raise Refused
            if SALT == "-":
                salt, verifier = srp.create_salted_verification_key(USERNAME, PROOF, salt_len=16, **GROUP)
            else:
                salt, verifier = bytes.fromhex(SALT), bytes.fromhex(VERIFIER)
            name = asked.sec2.sc0.client_username.decode()
            self.half = srp.Verifier(name, salt, verifier, asked.sec2.sc0.client_pubkey, **GROUP)
            salt, public = self.half.get_challenge()
            answer.sec2.msg = sec2_pb2.S2Session_Response0
            answer.sec2.sr0.device_salt = salt
            answer.sec2.sr0.device_pubkey = public
            return answer.SerializeToString()
        proof = self.half.verify_session(asked.sec2.sc1.client_proof)
        if proof is None:
            raise Refused
        nonce = os.urandom(8) + (1).to_bytes(4, "big")
        self.channel = Gcm(self.half.get_session_key()[:32], nonce)
        answer.sec2.msg = sec2_pb2.S2Session_Response1
        answer.sec2.sr1.device_proof = proof
        answer.sec2.sr1.device_nonce = nonce
        return answer.SerializeToString()

    def config(self, body: bytes) -> bytes:
        asked, answer = wifi_config_pb2.WiFiConfigPayload(), wifi_config_pb2.WiFiConfigPayload()
        asked.ParseFromString(body)
        kind = asked.WhichOneof("payload")
        if kind == "cmd_set_config":
            self.wanted = (asked.cmd_set_config.ssid.decode(), asked.cmd_set_config.passphrase.decode())
            answer.msg = wifi_config_pb2.TypeRespSetConfig
            answer.resp_set_config.status = 0
        elif kind == "cmd_apply_config":
            self.polls = 0
            answer.msg = wifi_config_pb2.TypeRespApplyConfig
            answer.resp_apply_config.status = 0
        else:
            answer.msg = wifi_config_pb2.TypeRespGetStatus
            self.polls += 1
            status = answer.resp_get_status
            if self.polls < 2:
                status.sta_state = 1
            elif self.wanted == (SSID, PASSWORD):
                status.sta_state = 0
                status.connected.ip4_addr = "10.1.2.3"
                status.connected.channel = 7
            else:
                status.sta_state = 3
                status.fail_reason = 0 if self.wanted[0] == SSID else 1
        return answer.SerializeToString()

    def scan(self, body: bytes) -> bytes:
        asked, answer = wifi_scan_pb2.WiFiScanPayload(), wifi_scan_pb2.WiFiScanPayload()
        asked.ParseFromString(body)
        names = [f"net-{number}" for number in range(6)]
        if asked.WhichOneof("payload") == "cmd_scan_start":
            answer.msg = wifi_scan_pb2.TypeRespScanStart
            answer.resp_scan_start.SetInParent()
        elif asked.WhichOneof("payload") == "cmd_scan_status":
            answer.msg = wifi_scan_pb2.TypeRespScanStatus
            answer.resp_scan_status.scan_finished = True
            answer.resp_scan_status.result_count = len(names)
        else:
            first, count = asked.cmd_scan_result.start_index, asked.cmd_scan_result.count
            if first + count > len(names):
                raise Refused
            answer.msg = wifi_scan_pb2.TypeRespScanResult
            for at in range(first, first + count):
                answer.resp_scan_result.entries.add(
                    ssid=names[at].encode(), channel=at + 1, rssi=-40 - at, bssid=bytes(6), auth=3
                )
        return answer.SerializeToString()


device = Device()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            answer = device.handle(self.path.lstrip("/"), body)
        except Exception:
            self.close_connection = True
            return
        self.send_response(200)
        if "Cookie" not in self.headers:
            self.send_header("Set-Cookie", "session=4242")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
