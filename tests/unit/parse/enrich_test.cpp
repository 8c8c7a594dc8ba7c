#include "parse/enrich.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "unit/parse/reading.hpp"

namespace noci {
namespace {

using test::Line;
using test::Reading;

std::string ancillary(const char* logger, const char* id, const std::string& message,
                      const char* time = "2026-11-22 20:55:51,500") {
  return std::string(time) + " - " + logger + " - 1 - INFO - " + id + " - " + message;
}

std::string messages_line(const char* id, int count, const char* time = "2026-11-22 20:55:51,500") {
  return ancillary("synapse.rest.client.room", id,
                   "Responding to `/messages` request: {@bob:hs.test} GET "
                   "/_matrix/client/v3/rooms/%21a%3Ahs.test/messages?dir=b -> " +
                       std::to_string(count) + " messages with end_token=None",
                   time);
}

Line messages_request(const char* id, const char* status = "200") {
  Line line;
  line.id = id;
  line.numbers = "0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 44000B ";
  line.numbers += status;
  line.request = "GET /_matrix/client/v3/rooms/%21a%3Ahs.test/messages?dir=b&limit=100 HTTP/1.1";
  return line;
}

Line login(const char* id, const char* status = "200") {
  Line line;
  line.id = id;
  line.who = "None";
  line.numbers = "0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) 203B ";
  line.numbers += status;
  line.request = "POST /_matrix/client/v3/login HTTP/1.1";
  return line;
}

std::string token_line(const char* id) {
  return ancillary("synapse.handlers.auth", id, "Logging in user @bob:hs.test on device X");
}

}  // namespace

TEST_CASE("an exact count replaces the estimate of its request, once") {
  Reading reading;
  reading.line(messages_line("GET-1", 87));
  reading.line(messages_line("GET-2", 5));
  const Event exact = reading.line(messages_request("GET-1").text());
  CHECK(exact.messages == 87);
  CHECK(exact.messages_low == 87);
  CHECK(exact.messages_high == 87);
  CHECK(exact.messages_basis == MessagesBasis::exact);
  const Event other = reading.line(messages_request("GET-3").text());
  CHECK(other.messages_basis == MessagesBasis::estimate);
  CHECK(reading.enricher.waiting() == 1);
}

TEST_CASE("an aborted answer delivered at most what was prepared") {
  Reading reading;
  reading.line(messages_line("GET-1", 3));
  const Event aborted = reading.line(messages_request("GET-1", "200!").text());
  CHECK(aborted.outcome == Outcome::aborted);
  CHECK(aborted.messages_basis == MessagesBasis::estimate);
  CHECK(aborted.messages <= 3);
  CHECK(aborted.messages_high <= 3);
}

TEST_CASE("a login gets the account its token was issued for") {
  Reading reading;
  reading.line(token_line("POST-1"));
  reading.line(token_line("POST-2"));
  CHECK(reading.line(login("POST-1").text()).user_id == "@bob:hs.test");
  CHECK(reading.line(login("POST-2", "403").text()).user_id.empty());
  CHECK(reading.line(login("POST-3").text()).user_id.empty());
}

TEST_CASE("a registration and a refresh get it too, other requests do not") {
  Reading reading;
  for (const char* path : {"/_matrix/client/v3/register", "/_matrix/client/v3/refresh"}) {
    Line line = login("POST-7");
    line.id = std::string_view(path).ends_with("register") ? "POST-7" : "POST-8";
    reading.line(token_line(line.id.c_str()));
    line.request = std::string("POST ") + path + " HTTP/1.1";
    INFO(path);
    CHECK(reading.line(line.text()).user_id == "@bob:hs.test");
  }
  reading.line(token_line("POST-9"));
  Line line = login("POST-9");
  line.request = "POST /_matrix/client/v3/account/password HTTP/1.1";
  CHECK(reading.line(line.text()).user_id.empty());
}

TEST_CASE("a count that the bytes contradict is not believed, nor another account's") {
  Reading reading;
  reading.line(messages_line("GET-1", 0));  // and 44 kB of answer
  const Event estimated = reading.line(messages_request("GET-1").text());
  CHECK(estimated.messages_basis == MessagesBasis::estimate);
  CHECK(estimated.messages > 1);
  reading.line(messages_line("GET-2", 100'000));
  Line other = messages_request("GET-2");
  other.who = "@alice:hs.test";
  CHECK(reading.line(other.text()).messages_basis == MessagesBasis::estimate);
  reading.line(messages_line("GET-3", 90));
  reading.line(messages_line("GET-3", 40));
  CHECK(reading.line(messages_request("GET-3").text()).messages == 90);
}

TEST_CASE("the count of a puppeted request names the puppet, and is who authenticated's") {
  Reading reading;
  reading.line(messages_line("GET-1", 87));
  Line puppeted = messages_request("GET-1");
  puppeted.who = "@admin:hs.test|@bob:hs.test";
  const Event event = reading.line(puppeted.text());
  CHECK(event.user_id == "@admin:hs.test");
  CHECK(event.messages == 87);
  CHECK(event.messages_basis == MessagesBasis::exact);
}

TEST_CASE("a login that a worker answers gets its account from the main process") {
  const auto issued = [](const char* id, const std::string& user, const char* time) {
    return ancillary("synapse.handlers.auth", id, "Logging in user " + user + " on device X", time);
  };
  const auto typed = [](const char* id, const std::string& user) {
    return "client-1 | " + ancillary("synapse.rest.client.login", id,
                                     "Got login request with identifier: {'type': 'm.id.user', "
                                     "'user': '" +
                                         user + "'}, medium: None");
  };
  const auto answered = [](const char* id) { return "client-1 | " + login(id).text(); };
  const char* now = "2026-11-22 20:55:51,590";
  Reading reading;
  // The only one of the time.
  reading.line(issued("POST-70", "@bob:hs.test", now));
  CHECK(reading.line(answered("POST-1")).user_id == "@bob:hs.test");
  CHECK(reading.line(answered("POST-2")).user_id.empty());
  // Several: the client's word tells.
  reading.line(issued("POST-71", "@alice:hs.test", now));
  reading.line(issued("POST-72", "@carol:hs.test", now));
  reading.line(typed("POST-3", "carol"));
  CHECK(reading.line(answered("POST-3")).user_id == "@carol:hs.test");
  reading.line(issued("POST-73", "@dave:hs.test", now));
  CHECK(reading.line(answered("POST-4")).user_id.empty());
  // Somebody else's, by the client's word; and one that a request of the main process asked for.
  Reading other;
  other.line(issued("POST-75", "@curious:hs.test", now));
  other.line(typed("POST-6", "admin"));
  CHECK(other.line(answered("POST-6")).user_id.empty());
  Line registered = login("POST-75");
  registered.request = "POST /_synapse/admin/v1/register HTTP/1.1";
  other.line(registered.text());
  CHECK(other.line(answered("POST-7")).user_id.empty());
  // Too long ago.
  Reading later;
  later.line(issued("POST-74", "@bob:hs.test", "2026-11-22 20:55:49,000"));
  CHECK(later.line(answered("POST-5")).user_id.empty());
}

TEST_CASE("processes do not share their ids") {
  Reading reading;
  reading.line("worker1 | " + messages_line("GET-1", 87));
  CHECK(reading.line("worker2 | " + messages_request("GET-1").text()).messages_basis ==
        MessagesBasis::estimate);
  CHECK(reading.line("worker1 | " + messages_request("GET-1").text()).messages == 87);
}

TEST_CASE("a restart ends what waits of that process") {
  Reading reading;
  reading.line(messages_line("GET-1", 87));
  reading.line("worker1 | " + messages_line("GET-1", 87));
  reading.line(
      "2026-11-22 20:55:51,550 - root - 348 - WARNING - main - ***** STARTING SERVER *****");
  CHECK(reading.enricher.waiting() == 1);
  CHECK(reading.line(messages_request("GET-1").text()).messages_basis == MessagesBasis::estimate);
}

TEST_CASE("a search counts its hits and every hit's context") {
  Reading reading;
  reading.line(ancillary("synapse.handlers.search", "POST-1", "Found 2 events to return"));
  reading.line(
      ancillary("synapse.handlers.search", "POST-1", "Context for search returned 5 and 4 events"));
  reading.line(
      ancillary("synapse.handlers.search", "POST-1", "Context for search returned 1 and 0 events"));
  Line line = login("POST-1");
  line.who = "@bob:hs.test";
  line.request = "POST /_matrix/client/v3/search HTTP/1.1";
  const Event event = reading.line(line.text());
  CHECK(event.action == Action::search);
  CHECK(event.messages == 12);
  CHECK(event.messages_basis == MessagesBasis::exact);
}

namespace {

std::string found_line(int count) {
  return ancillary("synapse.handlers.search", "POST-1",
                   "Found " + std::to_string(count) + " events to return");
}

std::string context_line(int before, int after) {
  return ancillary("synapse.handlers.search", "POST-1",
                   "Context for search returned " + std::to_string(before) + " and " +
                       std::to_string(after) + " events");
}

std::string search_request() {
  Line line = login("POST-1");
  line.who = "@bob:hs.test";
  line.request = "POST /_matrix/client/v3/search HTTP/1.1";
  return line.text();
}

}  // namespace

TEST_CASE("a search counts once, by however many handlers it is logged") {
  const std::vector<std::string> lines{found_line(3), context_line(5, 4), context_line(1, 0),
                                       context_line(1, 0)};
  for (const int handlers : {1, 2, 3}) {
    Reading reading;
    for (const std::string& line : lines) {
      for (int handler = 0; handler < handlers; ++handler) {
        reading.line(line);
      }
    }
    CAPTURE(handlers);
    CHECK(reading.line(search_request()).messages == 14);
    CHECK(reading.enricher.waiting() == 0);
  }
}

TEST_CASE("a search counts once, however two logs of its process are read side by side") {
  const std::vector<std::string> lines{found_line(3), context_line(5, 4), context_line(1, 0),
                                       context_line(1, 0)};
  // So many lines of the second log were read before the first one's access line was.
  for (std::size_t ahead = 0; ahead <= lines.size(); ++ahead) {
    for (const bool before : {false, true}) {
      Reading reading;
      const auto read_some = [&] {
        reading.log = 2;
        for (std::size_t i = 0; i < ahead; ++i) {
          reading.line(lines[i]);
        }
        reading.log = 1;
      };
      reading.log = 1;
      reading.line(lines[0]);
      if (before) {
        read_some();
      }
      for (std::size_t i = 1; i < lines.size(); ++i) {
        reading.line(lines[i]);
      }
      if (!before) {
        read_some();
      }
      CAPTURE(ahead, before);
      CHECK(reading.line(search_request()).messages == 14);
      CHECK(reading.enricher.waiting() == 0);
    }
  }
}

TEST_CASE(
    "a search goes on in the next file of its log, and its access line may stand in another") {
  Reading reading;
  reading.log = 1;
  reading.line(found_line(2));
  reading.line(context_line(5, 4));
  reading.log = 2;
  reading.line(context_line(1, 0));
  ByteWriter out;
  reading.enricher.save(out);
  ByteReader in(out.bytes());
  reading.enricher.restore(in);
  REQUIRE(in.ok());
  reading.log = 3;
  CHECK(reading.line(search_request()).messages == 12);
  CHECK(reading.enricher.waiting() == 0);
}

TEST_CASE("a second number of hits is no copy, and the larger is taken") {
  for (const int forged : {0, 900}) {
    Reading reading;
    reading.line(found_line(3));
    reading.line(context_line(5, 4));
    reading.line(found_line(forged));
    CAPTURE(forged);
    CHECK(reading.line(search_request()).messages == std::max(3, forged) + 9);
  }
}

TEST_CASE("what no request fetches is dropped in time and in number") {
  Reading reading;
  reading.line(messages_line("GET-1", 1));
  reading.line(messages_line("GET-2", 1, "2026-11-22 21:05:51,500"));
  CHECK(reading.enricher.waiting() == 2);
  reading.line(messages_line("GET-3", 1, "2026-11-22 21:05:52,500"));
  CHECK(reading.enricher.waiting() == 2);
  for (int i = 10; i < 6000; ++i) {
    reading.line(messages_line(("GET-" + std::to_string(i)).c_str(), 1, "2026-11-22 21:05:53,000"));
  }
  CHECK(reading.enricher.waiting() == 4096);
}

TEST_CASE("what waits survives a restart of ours") {
  Reading before;
  before.line(messages_line("GET-1", 87));
  before.line(token_line("POST-2"));
  before.line("worker1 | " + messages_line("GET-1", 4));
  ByteWriter out;
  before.enricher.save(out);
  Reading after;
  ByteReader in(out.bytes());
  after.enricher.restore(in);
  CHECK(in.ok());
  CHECK(in.at_end());
  CHECK(after.line(messages_request("GET-1").text()).messages == 87);
  CHECK(after.line("worker1 | " + messages_request("GET-1").text()).messages == 4);
  CHECK(after.line(login("POST-2").text()).user_id == "@bob:hs.test");
  ByteReader broken(std::string_view(out.bytes()).substr(0, 9));
  after.enricher.restore(broken);
  CHECK_FALSE(broken.ok());
}

}  // namespace noci
