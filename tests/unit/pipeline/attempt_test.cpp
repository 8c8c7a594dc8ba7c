// Parts of an access line that a client writes into its own: the request is its sender's, and the
// attempt is told to the rules.

#include <string>

#include "pipeline/pipeline.hpp"
#include "support/catch.hpp"
#include "support/rule_builder.hpp"

using namespace noci;

namespace {

std::string line(const std::string& address, const std::string& agent) {
  return "2026-11-22 20:55:51,598 - synapse.access.http.8008 - 465 - INFO - GET-7 - " + address +
         " - 8008 - {@mallory:hs.test} Processed request: 0.036sec/0.001sec (0.009sec, 0.000sec) "
         "(0.018sec/0.004sec/26) 5057B 200 \"GET /_matrix/client/v3/sync HTTP/1.1\" \"" +
         agent + "\" [3 dbevts]\n";
}

/// The keys of the alerts about forgeries (by whom they name) and requests (by who made them).
std::vector<std::string> said_of(const std::string& text) {
  RuleSet rules;
  rules.rules.push_back(test::RuleBuilder("forgery")
                            .by({Field::target_user_id})
                            .on({Action::log_forgery})
                            .events(std::chrono::hours{1}, 0)
                            .rule());
  rules.rules.push_back(
      test::RuleBuilder("sync").on({Action::sync}).events(std::chrono::hours{1}, 0).rule());
  Pipeline pipeline({{{"s", "", "", LineFormat::detect, Zone::utc()}}, {}, false},
                    std::make_shared<const RuleSet>(std::move(rules)));
  Chunk chunk;
  chunk.bytes = text;
  chunk.path = "homeserver.log";
  chunk.stream = 1;
  chunk.end_of_stream = true;
  std::vector<Alert> alerts;
  pipeline.feed(chunk, alerts);
  std::vector<std::string> said;
  for (const Alert& alert : alerts) {
    said.push_back(alert.rule_id + ' ' + alert.key[0].second);
  }
  return said;
}

const std::string part =
    "1.2.3.4 - 8008 - {@bystander:hs.test} Processed request: 0.001sec/0.000sec";

}  // namespace

TEST_CASE("words of an access line in a user agent or an address are an attempt") {
  const std::vector<std::string> both{"sync @mallory:hs.test", "forgery @bystander:hs.test"};
  CHECK(said_of(line("203.0.113.7", part)) == both);
  CHECK(said_of(line(part, "x/1")) == both);
}

TEST_CASE("an ordinary request is no attempt") {
  const std::vector<std::string> request{"sync @mallory:hs.test"};
  CHECK(said_of(line("203.0.113.7", "Mozilla/5.0 {x} Processed")) == request);
  CHECK(said_of(line("unknown", "x/1")) == request);
}
