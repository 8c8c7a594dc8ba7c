"""Delivery: signed, retried with the same id until a 2xx, over HTTPS with a checked certificate."""

import os
import subprocess
import time
import unittest

from harness import Case, Daemon, main, noci, wait_for
from inbox import Inbox
from logs import TextLog, join_rule


class Webhook(Case):
    def setUp(self):
        super().setUp()
        self.log = TextLog(self.path("homeserver.log"))
        self.write("rules/joins.yaml", join_rule())
        self.source = {"name": "synapse", "paths": [self.log.path], "timezone": "UTC"}

    def daemon(self, *webhooks):
        return Daemon(self, [self.source], webhooks, rules=self.path("rules"), extra={"log": {"level": "debug"}})

    def certificate(self):
        """A certificate for localhost, signed by itself."""
        key, certificate = self.path("key.pem"), self.path("certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=localhost",
                        "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        return certificate, key

    def test_an_alert_is_signed_and_says_what_happened(self):
        inbox = Inbox(self)
        daemon = self.daemon(inbox.webhook()).start()
        self.log.joins("@many:hs.example", 6)
        payload = inbox.wait_for(1)[0]
        request = inbox.requests[0]
        self.assertTrue(inbox.is_signed(request))
        self.assertEqual(request.headers["content-type"], "application/json")
        self.assertEqual(request.id, payload["data"]["event_id"])
        self.assertLess(abs(time.time() - int(request.headers["webhook-timestamp"])), 60)
        self.assertEqual(payload["type"], "alert.firing")
        self.assertEqual(payload["data"]["entity"], {"kind": "user", "key": "@many:hs.example", "members": [
            {"kind": "user", "field": "user.id", "key": "@many:hs.example"}]})
        self.assertEqual(payload["data"]["limits"][0]["value"], 6)
        self.assertIn("@many:hs.example", payload["data"]["summary"])
        self.assertIn("POST-6", [sample["request_id"] for sample in payload["data"]["evidence"]["samples"]])
        with open(inbox.secret_file) as file:
            self.assertNotIn(file.read().strip().removeprefix("whsec_"), daemon.log())

    def test_a_refused_alert_comes_again_with_the_same_id(self):
        inbox = Inbox(self)
        inbox.answers = [(500, {}), (503, {"Retry-After": "1"}), (429, {"Retry-After": "1"})]
        daemon = self.daemon(inbox.webhook()).start()
        self.log.joins("@many:hs.example", 6)
        inbox.wait_for(1)
        self.assertEqual([request.status for request in inbox.requests], [500, 503, 429, 200])
        self.assertEqual(len({request.id for request in inbox.requests}), 1)
        self.assertEqual(len({request.body for request in inbox.requests}), 1)
        self.assertTrue(all(inbox.is_signed(request) for request in inbox.requests))
        wait_for("the outbox is empty", lambda: daemon.metric("noci_outbox_pending") == 0)
        self.assertEqual(daemon.metric("noci_deliveries_total", result="failed"), 3)
        self.assertEqual(daemon.metric("noci_deliveries_total", result="delivered"), 1)

    def test_a_refused_alert_waits_over_a_restart(self):
        inbox = Inbox(self)
        inbox.answers = [(503, {"Retry-After": "3"})]
        daemon = self.daemon(inbox.webhook()).start()
        self.log.joins("@many:hs.example", 6)
        wait_for("the first attempt", lambda: inbox.requests)
        self.assertEqual(daemon.stop(), 0)
        daemon.start()
        inbox.wait_for(1)
        self.assertEqual(len({request.id for request in inbox.requests}), 1)

    def test_a_redirect_is_no_success_and_is_not_followed(self):
        inbox, elsewhere = Inbox(self), Inbox(self)
        inbox.answers = [(302, {"Location": elsewhere.url()})]
        daemon = self.daemon(inbox.webhook()).start()
        self.log.joins("@many:hs.example", 6)
        wait_for("the delivery is given up", lambda: daemon.metric("noci_outbox_dead") == 1)
        self.assertEqual(elsewhere.requests, [])

    def test_several_webhooks_do_not_wait_for_each_other(self):
        inbox, broken = Inbox(self), Inbox(self)
        broken.answers = [(500, {})] * 1000
        self.daemon(broken.webhook("broken"), inbox.webhook("fine")).start()
        self.log.joins("@many:hs.example", 6)
        inbox.wait_for(1)
        self.log.joins("@more:hs.example", 6)
        inbox.wait_for(2)

    def test_https_with_a_known_certificate(self):
        pair = self.certificate()
        inbox = Inbox(self, pair)
        self.daemon(inbox.webhook(url=inbox.url("localhost"), ca_file=pair[0])).start()
        self.log.joins("@many:hs.example", 6)
        self.assertTrue(inbox.wait_for(1))

    def test_https_with_an_unknown_certificate_gets_nothing(self):
        inbox = Inbox(self, self.certificate())
        daemon = self.daemon(inbox.webhook(url=inbox.url("localhost"))).start()
        self.log.joins("@many:hs.example", 6)
        wait_for("an attempt fails", lambda: daemon.metric("noci_deliveries_total", result="failed") > 0)
        self.assertEqual(inbox.requests, [])

    def test_https_for_another_name_gets_nothing(self):
        pair = self.certificate()
        inbox = Inbox(self, pair)
        daemon = self.daemon(inbox.webhook(url=inbox.url("127.0.0.1"), ca_file=pair[0])).start()
        self.log.joins("@many:hs.example", 6)
        wait_for("an attempt fails", lambda: daemon.metric("noci_deliveries_total", result="failed") > 0)
        self.assertEqual(inbox.requests, [])

    def test_alerts_test_sends_one(self):
        inbox = Inbox(self)
        daemon = self.daemon(inbox.webhook())
        done = noci("alerts", "test", "--config", daemon.config)
        self.assertEqual(done.returncode, 0, done.stderr.decode())
        self.assertEqual([payload["type"] for payload in inbox.taken()], ["alert.test"])
        self.assertTrue(inbox.is_signed(inbox.requests[0]))

    def test_alerts_test_says_what_the_receiver_said(self):
        inbox = Inbox(self)
        inbox.answers = [(418, {})]
        daemon = self.daemon(inbox.webhook())
        done = noci("alerts", "test", "--config", daemon.config)
        self.assertEqual(done.returncode, 3)
        self.assertIn("418", (done.stdout + done.stderr).decode())


if __name__ == "__main__":
    main()
