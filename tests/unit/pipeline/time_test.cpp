// Promise 7, end to end: bytes of a log in, alerts out, while its time jumps, runs backwards or
// meets the change of the clock. No missed breach, no false one, nothing closed too early.

#include <algorithm>
#include <cstdio>

#include "pipeline/pipeline.hpp"
#include "support/catch.hpp"
#include "support/rule_builder.hpp"

using namespace noci;
using namespace noci::test;
using namespace std::chrono_literals;

namespace {

TimePoint at(const char* text) {
  return parse_rfc3339(text).value();
}

/// A server whose log is read as it is written, by a daemon whose own clock is `now`.
class Server {
 public:
  explicit Server(LineFormat format, const char* zone = "UTC")
      : format_(format), pipeline_(options(format, zone), rules()) {}

  /// A join of a new room, in a line that is stamped `stamp` (local time of a text log).
  void join(const std::string& user, const std::string& stamp, TimePoint now) {
    ++number_;
    const std::string what = "192.0.2.1 - 8008 - {" + user +
                             "} Processed request: 0.010sec/0.001sec (0.002sec, 0.000sec) "
                             "(0.001sec/0.002sec/3) 100B 200 ";
    const std::string uri =
        "POST /_matrix/client/v3/join/!r" + std::to_string(number_) + ":hs HTTP/1.1";
    const std::string id = "POST-" + std::to_string(number_);
    if (format_ == LineFormat::text) {
      feed(stamp + " - synapse.access.http.8008 - 465 - INFO - " + id + " - " + what + "\"" + uri +
               "\" \"x\" [0 dbevts]\n",
           now);
      return;
    }
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f",
                  static_cast<double>(at(stamp.c_str()).time_since_epoch().count()) / 1000);
    feed("{\"log\":\"" + what + "\\\"" + uri +
             "\\\" \\\"x\\\" [0 dbevts]\",\"namespace\":\"synapse.access.http.8008\","
             "\"level\":\"INFO\",\"time\":" +
             seconds + ",\"request\":\"" + id +
             "\",\"ip_address\":\"192.0.2.1\",\"site_tag\":\"8008\",\"requester\":\"" + user +
             "\",\"authenticated_entity\":\"" + user +
             "\",\"method\":\"POST\",\"url\":\"/_matrix/client/v3/join/!r" +
             std::to_string(number_) +
             ":hs\",\"protocol\":\"HTTP/1.1\",\"user_agent\":\"x\",\"server_name\":\"hs\"}\n",
         now);
  }

  void joins(const std::string& user, int count, const char* stamp, TimePoint now) {
    for (int i = 0; i < count; ++i) {
      join(user, stamp, now);
    }
  }

  /// `firing @a:hs`, …
  std::vector<std::string> said() {
    std::vector<std::string> all;
    for (const Alert& alert : alerts_) {
      all.push_back(std::string(name_of(alert.status)) + " " + alert.key_text());
    }
    return all;
  }

  std::int64_t known(const std::string& user) {
    const auto views = pipeline_.why(user);
    return views.empty() ? 0 : views.at(0).limits.at(0).value;
  }

  Pipeline& pipeline() { return pipeline_; }

  std::vector<Alert>& alerts() { return alerts_; }

 private:
  static PipelineOptions options(LineFormat format, const char* zone) {
    PipelineOptions options;
    options.sources = {{"synapse", "hs", "main", format, Zone::find(zone).value()}};
    options.live = true;
    return options;
  }

  static std::shared_ptr<const RuleSet> rules() {
    return rule_set({RuleBuilder("joins").distinct(Field::room_id, 10min, 5).resolve_after(10min)});
  }

  void feed(const std::string& line, TimePoint now) {
    Chunk chunk;
    chunk.bytes = line;
    chunk.path = "homeserver.log";
    chunk.stream = 1;
    chunk.offset = offset_;
    chunk.arrival = now;
    pipeline_.feed(chunk, alerts_);
    offset_ += line.size();
    static_cast<void>(pipeline_.release(now, alerts_));
  }

  LineFormat format_;
  Pipeline pipeline_;
  std::vector<Alert> alerts_;
  std::uint64_t offset_ = 0;
  int number_ = 0;
};

using Said = std::vector<std::string>;

}  // namespace

TEST_CASE("one line stamped 2031 closes nothing, and counts now") {
  Server server(LineFormat::json);
  const TimePoint now = at("2026-06-07T02:00:00Z");
  server.joins("@thief:hs", 6, "2026-06-07T02:00:00Z", now);
  REQUIRE(server.said() == Said{"firing @thief:hs"});
  server.join("@thief:hs", "2031-01-01T00:00:00Z", now + 1s);
  server.joins("@other:hs", 3, "2031-01-01T00:00:00Z", now + 1s);
  server.joins("@other:hs", 3, "2026-06-07T02:00:02Z", now + 2s);
  REQUIRE(server.said() == Said{"firing @thief:hs", "firing @other:hs"});
  REQUIRE(server.known("@thief:hs") == 7);
  REQUIRE(server.pipeline().clamped_times() == 4);
  // And the episodes end when it is their time.
  server.join("@calm:hs", "2026-06-07T02:30:00Z", now + 30min);
  Said said = server.said();
  std::sort(said.begin(), said.end());
  REQUIRE(said ==
          Said{"firing @other:hs", "firing @thief:hs", "resolved @other:hs", "resolved @thief:hs"});
}

TEST_CASE("when time runs backwards nothing is missed and nothing is made up") {
  Server server(LineFormat::json);
  const TimePoint now = at("2026-06-07T02:00:00Z");
  server.joins("@thief:hs", 3, "2026-06-07T02:00:00Z", now);
  server.joins("@slow:hs", 3, "2026-06-07T02:00:00Z", now);
  // The server's clock is set back by two minutes, as by NTP.
  server.joins("@thief:hs", 3, "2026-06-07T01:58:00Z", now + 1s);
  REQUIRE(server.said() == Said{"firing @thief:hs"});
  // Lines of an hour ago are of an hour ago.
  server.joins("@slow:hs", 3, "2026-06-07T01:00:00Z", now + 2s);
  REQUIRE(server.said() == Said{"firing @thief:hs"});
  REQUIRE(server.known("@slow:hs") == 3);
}

TEST_CASE("a log whose clock goes forward by the change to summer time") {
  Server server(LineFormat::text, "Europe/Paris");
  server.joins("@thief:hs", 3, "2026-03-29 01:58:00,000", at("2026-03-29T00:58:00Z"));
  server.joins("@thief:hs", 3, "2026-03-29 03:01:00,000", at("2026-03-29T01:01:00Z"));
  server.join("@calm:hs", "2026-03-29 03:01:30,000", at("2026-03-29T01:01:30Z"));
  REQUIRE(server.said() == Said{"firing @thief:hs"});
  REQUIRE(server.alerts().at(0).timestamp == at("2026-03-29T01:01:00Z"));
}

TEST_CASE("a log whose hour repeats by the change to winter time") {
  Server server(LineFormat::text, "Europe/Paris");
  server.joins("@thief:hs", 3, "2026-10-25 02:58:00,000", at("2026-10-25T00:58:00Z"));
  server.joins("@thief:hs", 3, "2026-10-25 02:01:00,000", at("2026-10-25T01:01:00Z"));
  server.join("@calm:hs", "2026-10-25 02:01:30,000", at("2026-10-25T01:01:30Z"));
  REQUIRE(server.said() == Said{"firing @thief:hs"});
  REQUIRE(server.alerts().at(0).timestamp == at("2026-10-25T01:01:00Z"));
}

TEST_CASE("the same minute of the hour that repeats is an hour later") {
  Server server(LineFormat::text, "Europe/Paris");
  server.joins("@slow:hs", 3, "2026-10-25 02:10:00,000", at("2026-10-25T00:10:00Z"));
  server.join("@calm:hs", "2026-10-25 02:40:00,000", at("2026-10-25T00:40:00Z"));
  server.join("@calm:hs", "2026-10-25 02:59:00,000", at("2026-10-25T00:59:00Z"));
  server.join("@calm:hs", "2026-10-25 02:00:30,000", at("2026-10-25T01:00:30Z"));
  server.joins("@slow:hs", 3, "2026-10-25 02:10:00,000", at("2026-10-25T01:10:00Z"));
  server.join("@calm:hs", "2026-10-25 02:10:30,000", at("2026-10-25T01:10:30Z"));
  REQUIRE(server.said().empty());
}
