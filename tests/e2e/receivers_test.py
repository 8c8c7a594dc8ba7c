"""Promise 6: whatever a receiver does, the others get their alerts, detection goes on, memory stays."""

import contextlib
import socket
import ssl
import struct
import subprocess
import threading
import time

from harness import Case, Daemon, main, wait_for
from inbox import Inbox
from logs import TextLog, join_rule

HUGE = 100 << 20


class BadReceiver:
    """Reads the head of each request, then does as it is told with the connection."""

    def __init__(self, case, behave, certificate=None):
        self.behave = behave
        self.seen = self.sent = 0
        self.context = None
        if certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(*certificate)
        self.ended = threading.Event()
        self.server = socket.create_server(("127.0.0.1", 0))
        case.addCleanup(self.close)
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.ended.set()
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)  # closing alone leaves it to whoever waits in accept
        self.server.close()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with self.context.wrap_socket(client, server_side=True) if self.context else client as stream:
                while b"\r\n\r\n" not in stream.recv(1 << 20):
                    pass
                self.seen += 1
                self.behave(self, stream)
        except OSError:
            pass  # noci hung up


def answers(head, body=b""):
    return lambda receiver, stream: stream.sendall(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


def resets(_, stream):
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hangs(receiver, _):
    receiver.ended.wait()


def trickles(receiver, stream):
    for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 100_000:
        stream.send(bytes([byte]))
        if receiver.ended.wait(0.1):
            return


def lies(_, stream):
    stream.sendall(b"\x00\xff SSH-2.0-OpenSSH\r\n\r\n" + b"\xff" * 5000)


def floods(receiver, stream):
    stream.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {HUGE}\r\n\r\n".encode())
    sent = 0
    while sent < HUGE:
        sent += stream.send(b"x" * 65536)
        receiver.sent = max(receiver.sent, sent)


# name: what it does, what becomes of the delivery, the reason that is told
TABLE = {
    "resets": (resets, "pending", ""),
    "hangs": (hangs, "pending", "1s"),
    "trickles": (trickles, "pending", "1s"),
    "lies": (lies, "pending", ""),
    "broken": (answers("500 Broken", b"out of order"), "pending", "HTTP 500"),
    "busy": (answers("429 Slow down\r\nRetry-After: 1800"), "pending", "HTTP 429"),
    "moved": (answers("301 Moved\r\nLocation: http://127.0.0.1:9/"), "dead", "HTTP 301"),
    "gone": (answers("410 Gone"), "dead", "HTTP 410"),
    "floods": (floods, "delivered", ""),
    "untrusted": (answers("200 OK"), "pending", "certificate"),
    "refuses": (None, "pending", "refused"),
}


class Receivers(Case):
    def certificate(self):
        key, certificate = self.path("key.pem"), self.path("certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        return certificate, key

    def webhook(self, name, receiver):
        scheme, host = ("https", "localhost") if receiver.context else ("http", "127.0.0.1")
        # A second is long for these two only: a busy machine takes longer for an honest answer.
        timeout = "1s" if name in ("hangs", "trickles") else "60s"
        return {"name": name, "url": f"{scheme}://{host}:{receiver.server.getsockname()[1]}/hook", "timeout": timeout}

    def memory(self, daemon):
        return daemon.metric("process_resident_memory_bytes") / 2 ** 20

    def test_each_in_its_way_and_nobody_else_is_the_worse(self):
        log = TextLog(self.path("homeserver.log"))
        self.write("rules/joins.yaml", join_rule())
        inbox = Inbox(self)
        receivers = {name: BadReceiver(self, behave, self.certificate() if name == "untrusted" else None)
                     for name, (behave, _, _) in TABLE.items()}
        webhooks = [self.webhook(name, receiver) for name, receiver in receivers.items()]
        receivers["refuses"].close()
        source = {"name": "synapse", "paths": [log.path], "timezone": "UTC"}
        daemon = Daemon(self, [source], [*webhooks, inbox.webhook("fine")], rules=self.path("rules")).start()
        before = self.memory(daemon)
        for number in range(10):
            log.joins(f"@user{number}:hs.example", 6)
            inbox.wait_for(number + 1)
        event = inbox.requests[0].id

        def fates():
            shown = daemon.ask(ask="alerts", do="list", id=event)["alerts"][0]
            return {delivery["webhook"]: delivery for delivery in shown["deliveries"]}

        for name, (_, state, why) in TABLE.items():
            with self.subTest(receiver=name):
                wait_for(f"{name} was tried", lambda: fates()[name]["state"] == state
                         and (state != "pending" or fates()[name]["attempts"] > 0))
                self.assertIn(why, fates()[name]["why"])
        self.assertEqual(fates()["fine"]["state"], "delivered")
        self.assertGreater(fates()["busy"]["next_try"], time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() + 900)))
        self.assertEqual(receivers["untrusted"].seen, 0, "nothing is said before the certificate is known")
        wait_for("all of the huge answers", lambda: daemon.metric("noci_deliveries_total", webhook="floods", result="delivered") == 10)
        self.assertLess(receivers["floods"].sent, HUGE / 4, "an answer is not read to its end")
        self.assertLess(self.memory(daemon) - before, 100, "sanitizers keep what is freed for a while")
        self.assertEqual(daemon.stop(), 0, daemon.log()[-2000:])


if __name__ == "__main__":
    main()
