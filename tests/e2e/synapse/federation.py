"""Two homeservers on loopback that federate over TLS with certificates of their own making."""

import os
import re
import subprocess
import unittest

from harness import free_port
from synapse.server import Homeserver

LISTENER = ("  - {{port: {port}, tag: '8448', type: http, tls: true, bind_addresses: ['127.0.0.1'], "
            "resources: [{{names: [federation]}}]}}\n")
MORE = """\
tls_certificate_path: {folder}/tls.crt
tls_private_key_path: {folder}/tls.key
federation_verify_certificates: false
ip_range_blacklist: []
federation_ip_range_blacklist: []
ip_range_blocklist: []
allow_public_rooms_over_federation: true
rc_federation: {window_size: 1000, sleep_limit: 100000, sleep_delay: 1, reject_limit: 100000, concurrent: 100}
remote_media_download_per_second: 1G
remote_media_download_burst_count: 1G
"""
# synapse/http/matrixfederationclient.py: what the asking server says of an answer.
RECEIVED = re.compile(r"\[([^\]]+)\] Completed request: (\d+) .* got (\d+) bytes - (\w+) matrix-federation://[^/]+/_matrix/federation/")


class Federating(Homeserver):
    def __init__(self, case, version):
        port = free_port()
        super().__init__(case, version, name=f"127.0.0.1:{port}", listeners=LISTENER.format(port=port), more=MORE)
        certificate = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                       "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                       "-keyout", os.path.join(self.folder, "tls.key"), "-out", os.path.join(self.folder, "tls.crt")]
        try:
            subprocess.run(certificate, check=True, capture_output=True)
        except FileNotFoundError as error:
            raise unittest.SkipTest("skipped: needs openssl") from error

    def received_from(self, name):
        """[(method, status, bytes)] of the answers that this server's own log says it got from another, as
        itself: keys are asked for without a signature."""
        with open(self.main.text_log, encoding="utf-8", errors="replace") as file:
            found = (RECEIVED.search(line) for line in file)
            return [(match[4], int(match[2]), int(match[3])) for match in found if match and match[1] == name]
