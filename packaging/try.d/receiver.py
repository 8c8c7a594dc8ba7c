"""A webhook receiver: takes alerts on a free port of this machine, checks their Standard Webhooks
signature (https://www.standardwebhooks.com) and hands each state change on once."""

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

LONGEST_BODY = 1 << 20
TOLERANCE_SECONDS = 300


def signature(secret, message_id, timestamp, body):
    """What the sender must have written: `v1,` and the HMAC over id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = message_id.encode() + b"." + timestamp.encode() + b"." + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def is_genuine(secret, headers, body):
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        return False
    expected = signature(secret, message_id, timestamp, body)
    offered = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected, one) for one in offered)


class Receiver:
    """`on_alert(payload)` for each new state change, `on_fault(text)` for what is refused."""

    def __init__(self, secret, on_alert, on_fault):
        self.secret = secret
        self.on_alert = on_alert
        self.on_fault = on_fault
        self.seen = set()
        self.lock = threading.Lock()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                length = self.headers.get("content-length", "")
                if not length.isdigit() or int(length) > LONGEST_BODY:
                    self.answer(413)
                else:
                    self.answer(receiver.take(self.headers, self.rfile.read(int(length))))

            def answer(self, status):
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/alerts"

    def take(self, headers, body):
        if not is_genuine(self.secret, headers, body):
            self.on_fault("a request without a genuine signature was refused")
            return 401
        try:
            payload = json.loads(body)
        except ValueError:
            self.on_fault("a signed request that is no JSON was refused")
            return 400
        with self.lock:
            # Delivery is at least once; the id is constant over retries.
            if headers["webhook-id"] not in self.seen:
                self.seen.add(headers["webhook-id"])
                self.on_alert(payload)
        return 204

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
