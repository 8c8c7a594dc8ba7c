"""A webhook receiver for tests: keeps every request as it came and answers as told. It checks the
signature from the text of Standard Webhooks 1.0, without any code that noci or `try` uses."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import secrets
import ssl
import threading

from harness import wait_for


class Request:
    def __init__(self, headers, body, status):
        self.headers = {key.lower(): value for key, value in headers.items()}
        self.body = body
        self.status = status  # how it was answered

    @property
    def id(self):
        return self.headers["webhook-id"]

    @property
    def payload(self):
        return json.loads(self.body)


class Inbox:
    def __init__(self, case, certificate=None):
        self.key = secrets.token_bytes(32)
        self.requests = []
        self.answers = []  # (status, headers) for the next requests; then 200
        self.lock = threading.Lock()
        self.secret_file = case.write(f"secret-{id(self)}", "whsec_" + base64.b64encode(self.key).decode() + "\n")
        os.chmod(self.secret_file, 0o600)
        inbox = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                with inbox.lock:
                    status, extra = inbox.answers.pop(0) if inbox.answers else (200, {})
                    inbox.requests.append(Request(self.headers, body, status))
                self.send_response(status)
                self.send_header("content-length", "0")
                for name, value in extra.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.scheme = "https"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        case.addCleanup(self.close)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def url(self, host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.server.server_address[1]}/hook"

    def webhook(self, name="test", **more):
        return {"name": name, "url": self.url(), "secret_file": self.secret_file, "rate": {"alerts": 0}, **more}

    def is_signed(self, request):
        """v1 is HMAC-SHA256 over `id.timestamp.body`, base64; the header lists signatures."""
        signed = f"{request.headers['webhook-id']}.{request.headers['webhook-timestamp']}.".encode() + request.body
        expected = base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest())
        offered = [part.split(",", 1) for part in request.headers.get("webhook-signature", "").split()]
        return any(version == "v1" and hmac.compare_digest(value.encode(), expected) for version, value in offered)

    def taken(self):
        """Payloads of what was answered with 2xx, each state change once, in order of arrival."""
        seen = {}
        with self.lock:
            for request in self.requests:
                if 200 <= request.status < 300:
                    seen.setdefault(request.id, request.payload)
        return list(seen.values())

    def wait_for(self, count):
        return wait_for(f"{count} alerts at the webhook", lambda: len(self.taken()) >= count and self.taken())
