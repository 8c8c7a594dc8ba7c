// The estimate against what clients really received: the ledger of the genuine capture in
// tests/corpus/synapse-v1.98.0, kept by the clients and not by the log.

#include <cstdint>
#include <fstream>
#include <map>
#include <string>

#include <simdjson.h>

#include "parse/messages_estimate.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

const std::string corpus = NOCI_SOURCE_DIR "/tests/corpus/synapse-v1.98.0/";

struct Sums {
  std::int64_t truth = 0;
  std::int64_t best = 0;
  std::int64_t low = 0;
  std::int64_t high = 0;

  void add(const MessagesEstimate& estimate, std::int64_t events) {
    truth += events;
    best += estimate.best;
    low += estimate.low;
    high += estimate.high;
  }
};

MessagesEstimate estimate_of(std::string_view method, std::string_view uri, std::int64_t bytes) {
  Arena arena;
  const auto mark = std::min(uri.find('?'), uri.size());
  const std::string_view query = uri.substr(std::min(mark + 1, uri.size()));
  const Endpoint endpoint = classify(method, uri.substr(0, mark), query, arena);
  return estimate_messages(endpoint, method, query, 200, bytes).value();
}

bool within_half(const Sums& sums) {
  return 2 * sums.best <= 3 * sums.truth && 2 * sums.truth <= 3 * sums.best;
}

/// Every successful /messages of the ledger, one after the other.
template <typename Use>
std::size_t each_page(Use use) {
  simdjson::dom::parser parser;
  std::ifstream file(corpus + "requests-data.ndjson");
  std::size_t pages = 0;
  for (std::string line; std::getline(file, line);) {
    const auto row = parser.parse(line);
    if (row["cls"].get_string().value() != "messages" || row["status"].get_int64().value() != 200) {
      continue;
    }
    use(std::string(row["user"].get_string().value()), row["uri"].get_string().value(),
        row["wire"].get_int64().value(), row["n_ev"].get_int64().value());
    ++pages;
  }
  return pages;
}

/// The bytes of an access line: behind the second closing parenthesis.
std::int64_t body_bytes(std::string_view message) {
  auto at = message.find("Processed request: ");
  at = message.find(") (", at);
  at = message.find(") ", at + 3);
  return std::stoll(std::string(message.substr(at + 2, 20)));
}

/// Every answered sync of the log by whose token it was (`admin|user` when puppeted).
std::map<std::string, Sums> sums_of_syncs() {
  std::map<std::string, Sums> by_user;
  simdjson::dom::parser parser;
  std::ifstream file(corpus + "homeserver.json.log");
  for (std::string line; std::getline(file, line);) {
    simdjson::dom::element row;
    std::string_view logger, url, who, owner;
    if (parser.parse(line).get(row) != simdjson::SUCCESS ||
        row["namespace"].get_string().get(logger) != simdjson::SUCCESS ||
        !logger.starts_with("synapse.access.") ||
        row["url"].get_string().get(url) != simdjson::SUCCESS ||
        url.find("/sync?") == std::string_view::npos ||
        row["requester"].get_string().get(who) != simdjson::SUCCESS ||
        row["authenticated_entity"].get_string().get(owner) != simdjson::SUCCESS) {
      continue;
    }
    const std::string user =
        owner == who ? std::string(who) : std::string(owner) + "|" + std::string(who);
    by_user[user].add(estimate_of("GET", url, body_bytes(row["log"].get_string().value())), 0);
  }
  return by_user;
}

}  // namespace

TEST_CASE("every page of the ledger holds between low and high messages") {
  const std::size_t pages = each_page(
      [](const std::string&, std::string_view uri, std::int64_t bytes, std::int64_t events) {
        const MessagesEstimate estimate = estimate_of("GET", uri, bytes);
        CAPTURE(std::string(uri), bytes, events, estimate.best);
        REQUIRE(estimate.low <= events);
        REQUIRE(events <= estimate.high);
        REQUIRE((estimate.best == 0) == (events == 0));
      });
  REQUIRE(pages == 286);
}

TEST_CASE("the messages of each reader are estimated within a factor of 1.2") {
  std::map<std::string, Sums> by_user;
  each_page(
      [&](const std::string& user, std::string_view uri, std::int64_t bytes, std::int64_t events) {
        by_user[user].add(estimate_of("GET", uri, bytes), events);
      });
  REQUIRE(by_user.size() == 33);
  for (const auto& [user, sums] : by_user) {
    CAPTURE(user, sums.truth, sums.best);
    REQUIRE(5 * sums.best <= 6 * sums.truth);
    REQUIRE(5 * sums.truth <= 6 * sums.best);
  }
}

TEST_CASE("the timeline events of each account's syncs are estimated within a factor of 1.5") {
  auto by_user = sums_of_syncs();
  simdjson::dom::parser parser;
  const simdjson::dom::element truth = parser.load(corpus + "truth.json");
  std::size_t accounts = 0;
  for (auto& [user, sums] : by_user) {
    std::int64_t events = 0;
    if (truth["by_token_user"][user]["sync_timeline_events"].get_int64().get(events) !=
        simdjson::SUCCESS) {
      continue;
    }
    sums.truth = events;
    CAPTURE(user, sums.truth, sums.best, sums.high);
    REQUIRE(sums.low <= sums.truth);
    REQUIRE(sums.truth <= sums.high);
    REQUIRE(within_half(sums));
    ++accounts;
  }
  REQUIRE(accounts == 31);
}
