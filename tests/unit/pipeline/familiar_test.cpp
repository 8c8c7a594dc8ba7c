// What is known of who and from where, from the log to the alert.

#include <string>

#include "notify/payload.hpp"
#include "pipeline/onlooker.hpp"
#include "pipeline/pipeline.hpp"
#include "support/catch.hpp"
#include "support/log_reading.hpp"
#include "support/rule_builder.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

std::string line(int second, const std::string& user, const std::string& path) {
  const std::string number = std::to_string(second);
  return "2026-11-22 20:55:" + std::string(second < 10 ? "0" : "") + number +
         ",598 - synapse.access.http.8008 - 465 - INFO - GET-" + number +
         " - 192.0.2.7 - 8008 - {" + user +
         "} Processed request: 0.036sec/0.001sec (0.009sec, 0.000sec) (0.018sec/0.004sec/26) "
         "5057B 200 \"GET " +
         path + " HTTP/1.1\" \"Element/1.0\" [3 dbevts]\n";
}

const std::string media = "/_matrix/media/v3/download/hs.test/abc";
const std::string sync_path = "/_matrix/client/v3/sync";

std::vector<Alert> said_of(const std::string& text) {
  auto rules = std::make_shared<RuleSet>();
  rules->rules = {test::RuleBuilder("by_address")
                      .by({Field::source_ip})
                      .matching({test::equals(Field::action, {"media_download_legacy"})})
                      .events(1h, 1),
                  test::RuleBuilder("linked")
                      .by({Field::actor_id, Field::source_network})
                      .matching({test::equals(Field::action, {"media_download_legacy"}),
                                 test::equals(Field::actor_linked, {"true"})})
                      .events(1h, 1),
                  test::RuleBuilder("proven")
                      .by({Field::actor_id})
                      .matching({test::equals(Field::action, {"media_download_legacy"}),
                                 test::equals(Field::actor_linked, {"false"})})
                      .events(1h, 0)};
  PipelineOptions options;
  options.sources = {{"s", "", "", LineFormat::detect, Zone::utc()}};
  Pipeline pipeline(std::move(options), rules);
  Chunk chunk;
  chunk.bytes = text;
  chunk.path = "homeserver.log";
  chunk.stream = 1;
  chunk.end_of_stream = true;
  std::vector<Alert> alerts;
  pipeline.feed(chunk, alerts);
  return alerts;
}

}  // namespace

TEST_CASE("linked requests move limits of their own, and the alert says how sure it is") {
  const auto alerts =
      said_of(line(1, "@a:hs.test", sync_path) + line(2, "None", media) + line(3, "None", media));
  REQUIRE(alerts.size() == 2);
  CHECK(alerts[0].rule_id == "by_address");
  CHECK(alerts[0].evidence.linked == std::vector<LinkedAccount>{{"@a:hs.test", 2, 0}});
  CHECK(alerts[1].rule_id == "linked");
  CHECK(alerts[1].key_text() == "@a:hs.test 192.0.2.0/24");
  CHECK(payload_json(alerts[1], {}).find(R"("kind":"pair","key":"@a:hs.test 192.0.2.0/24")") !=
        std::string::npos);
}

TEST_CASE("of several candidates none is charged, all are evidence") {
  const auto alerts = said_of(line(1, "@a:hs.test", sync_path) + line(2, "@b:hs.test", sync_path) +
                              line(3, "None", media) + line(4, "None", media));
  REQUIRE(alerts.size() == 1);
  CHECK(alerts[0].rule_id == "by_address");
  CHECK(alerts[0].evidence.linked ==
        std::vector<LinkedAccount>{{"@a:hs.test", 0, 2}, {"@b:hs.test", 0, 2}});
}

TEST_CASE("verbs that only look see what rules see, and the times as they are claimed") {
  PipelineOptions options;
  options.sources = {SourceInfo{}};
  Onlooker onlooker(options, {});
  test::LogReading reading;
  std::vector<std::string> actors;
  for (Event event : reading.whole(line(1, "@a:hs.test", sync_path) + line(2, "None", media))) {
    const TimePoint claimed = event.timestamp;
    onlooker.regard(event);
    CHECK(event.timestamp == claimed);
    CHECK(event.source_network == "192.0.2.0/24");
    actors.emplace_back(event.actor_id);
  }
  CHECK(actors == std::vector<std::string>{"@a:hs.test", "@a:hs.test"});
}
