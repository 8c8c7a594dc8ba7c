"""Truth between two real Synapses: what one took from the other, by the ledger of its users and by its own
log, against what noci reads in the other's."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from harness import Case, main  # noqa: E402
from synapse import accuracy  # noqa: E402
from synapse.client import API, Client, quoted  # noqa: E402
from synapse.federation import Federating  # noqa: E402
from synapse.ledger import Ledger  # noqa: E402
from synapse.releases import NEWEST  # noqa: E402
from synapse.watch import Watch, say_good_bye  # noqa: E402

ROOMS = 3
MESSAGES = 30
# Of the multipart answer around a file: boundaries, an empty JSON part, headers with the file's name.
MOST_AROUND_A_FILE = 400


class TwoServers(Case):
    def setUp(self):
        super().setUp()
        self.home, self.peer = Federating(self, NEWEST), Federating(self, NEWEST)
        self.watches = [Watch(self, "text", self.home.text_logs), Watch(self, "JSON", self.home.json_logs)]
        for server in (self.home, self.peer):
            server.launch()
        for server in (self.home, self.peer):
            server.wait()
        self.ledger, self.peer_ledger = Ledger(), Ledger()

    def client(self, server, ledger, name, address):
        client = Client(server, ledger, name, address)
        self.addCleanup(client.close)
        return client.register()

    def test_another_server_is_charged_with_what_it_took(self):
        owner = self.client(self.home, self.ledger, "owner", "192.0.2.1")
        rooms, files = [], []
        for number in range(ROOMS):
            room = owner.create_room(f"room {number}", alias=f"room{number}")
            rooms.append(room)
            for text in range(MESSAGES):
                owner.send(room, {"msgtype": "m.text", "body": f"message {text} " + "word " * (text % 20)})
            files.append(owner.upload(bytes([number]) * (40_000 + 1000 * number)))
        visitor = self.client(self.peer, self.peer_ledger, "visitor", "192.0.2.2")
        seen = 0
        for number, room in enumerate(rooms):
            if number % 2:
                visitor.join(f"#room{number}:{self.home.name}", route="join")
            else:
                visitor.join(room, route="join", via=f"?server_name={quoted(self.home.name)}&via={quoted(self.home.name)}")
            events = visitor.page_through(room, 100)
            seen += sum(event["type"] == "m.room.message" for event in events)
        for uri in files:
            self.assertEqual(visitor.download(uri).status, 200)
        visitor.profile(owner.user)
        visitor.alias(f"#room0:{self.home.name}")
        visitor.get("public_rooms", f"{API}/publicRooms?server={quoted(self.home.name)}")
        say_good_bye(self.home, self.ledger)
        for watch in self.watches:
            watch.catch_up(self.ledger)

        received = [size for _, status, size in self.peer.received_from(self.home.name) if status == 200]
        file_bytes = self.peer_ledger.by_account()[visitor.user].file_bytes
        rows = [watch.report("server.name").get(self.peer.name, accuracy.EMPTY) for watch in self.watches]
        self.assertEqual(rows[0], rows[1])
        row = rows[0]
        self.assertEqual(row["rooms_joined"], ROOMS)
        self.assertEqual(row["media_files"], len(files))
        self.assertGreaterEqual(row["media_bytes"], file_bytes)
        self.assertLessEqual(row["media_bytes"], file_bytes + MOST_AROUND_A_FILE * len(files))
        self.assertEqual(row["bytes_downloaded"] - row["media_bytes"], sum(received))
        self.assertLessEqual(row["messages_low"], seen)
        self.assertGreaterEqual(row["messages_high"], seen)
        self.assertEqual(row["profiles_read"], 1)
        table = [["rooms joined", ROOMS, "rooms_joined", "exact"],
                 ["media files", len(files), "media_files", "exact"],
                 ["media bytes", file_bytes, "media_bytes", f"at most {MOST_AROUND_A_FILE} a file too much"],
                 ["bytes of all other answers", sum(received), "", "exact, by the other server's own log"],
                 ["messages of history", seen, "messages_fetched", f"estimate, {row['messages_low']} to {row['messages_high']}"],
                 ["profiles", 1, "profiles_read", "exact"]]
        others = row["bytes_downloaded"] - row["media_bytes"]
        accuracy.publish("federation", accuracy.heading(NEWEST) + accuracy.markdown(
            ["what", "truth", "noci, text and JSON", "how exact"],
            [[what, str(truth), str(row[column] if column else others), claim] for what, truth, column, claim in table]))


if __name__ == "__main__":
    main(accuracy.write)
