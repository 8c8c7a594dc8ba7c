#include "notify/payload.hpp"

#include <boost/json.hpp>

#include "alerts.hpp"
#include "support/catch.hpp"

using namespace noci;
using noci::testing::alert;
using noci::testing::at;
using noci::testing::fanout;
using noci::testing::node;
namespace json = boost::json;

namespace {

json::value payload_of(const Alert& alert) {
  return json::parse(payload_json(alert, node()));
}

json::value data_of(const Alert& alert) {
  return payload_of(alert).at("data");
}

std::string entity_kind(std::vector<std::pair<Field, std::string>> key) {
  Alert about = alert();
  about.key = std::move(key);
  return json::value_to<std::string>(data_of(about).at("entity").at("kind"));
}

LimitState limit(std::string name, LimitType type, std::string field, std::int64_t value) {
  LimitState state = fanout();
  state.name = std::move(name);
  state.type = type;
  state.field = std::move(field);
  state.value = value;
  return state;
}

}  // namespace

TEST_CASE("the payload says what, about whom, how much and when") {
  REQUIRE(payload_of(alert()) == json::parse(R"({
    "type": "alert.firing", "timestamp": "2026-06-07T00:14:31.512Z",
    "data": {
      "schema": "1", "event_id": "abc234-2", "sequence": 2, "alert_id": "abc234",
      "fingerprint": "79a46f37bcfb17b1316e3b47fbe3e7fe80902f7b8196b7dbf43149b6e6baf24e",
      "status": "firing", "level": "high", "simulated": false, "late": false,
      "summary": "@a:hs joined 6 rooms in 10 min; the limit is 5",
      "rule": {"id": "rule-1", "title": "Bulk extraction by one account",
               "hash": "sha256:0123456789ab", "tags": ["attack.t1213.005"], "falsepositives": []},
      "entity": {"kind": "user", "key": "@a:hs",
                 "members": [{"kind": "user", "field": "user.id", "key": "@a:hs"}]},
      "limits": [{"name": "fanout", "type": "value_count", "field": "matrix.room.id",
                  "timespan_s": 600, "op": "gt", "limit": 5, "base_limit": 20, "factor": 0.25,
                  "period": "rest", "value": 6, "breached": true, "exact": true}],
      "times": {"first_event": "2026-06-07T00:12:01.000Z", "last_event": "2026-06-07T00:14:31.000Z",
                "detected": "2026-06-07T00:14:31.512Z"},
      "impact": {"rooms": 6},
      "evidence": {
        "samples": [{"time": "2026-06-07T00:12:01.000Z", "action": "room_join",
                     "request_id": "POST-17", "source": "homeserver.log", "offset": 88123,
                     "line": 412}],
        "top": {"source.ip": [["192.0.2.10", 231], ["192.0.2.11", 2]]}, "truncated": false},
      "node": {"name": "shard-1", "homeserver": "hs", "version": "0.1.0",
               "config_hash": "c0ffee"}}})"));
}

TEST_CASE("the same alert gives the same bytes, keys in their order") {
  const std::string payload = payload_json(alert(), node());
  REQUIRE(payload == payload_json(alert(), node()));
  std::size_t last = 0;
  for (const char* key :
       {"{\"type\":", ",\"timestamp\":", ",\"data\":", "\"schema\":", "\"event_id\":",
        "\"status\":", "\"summary\":", "\"rule\":", "\"entity\":", "\"limits\":", "\"times\":",
        "\"impact\":", "\"evidence\":", "\"node\":"}) {
    const std::size_t found = payload.find(key, last);
    INFO(key);
    REQUIRE(found != std::string::npos);
    last = found;
  }
}

TEST_CASE("each status has its type, and an update is about an episode that fires") {
  const auto type_and_status = [](AlertStatus status) {
    Alert changed = alert();
    changed.status = status;
    const json::value payload = payload_of(changed);
    return json::value_to<std::string>(payload.at("type")) + " " +
           json::value_to<std::string>(payload.at("data").at("status"));
  };
  REQUIRE(type_and_status(AlertStatus::escalated) == "alert.escalated escalated");
  REQUIRE(type_and_status(AlertStatus::updated) == "alert.updated firing");
  REQUIRE(type_and_status(AlertStatus::resolved) == "alert.resolved resolved");
  REQUIRE(type_and_status(AlertStatus::test) == "alert.test test");
  REQUIRE(data_of(alert()).as_object().if_contains("reason") == nullptr);
  Alert resolved = alert();
  resolved.resolve_reason = "rule_removed";
  REQUIRE(data_of(resolved).at("reason") == "rule_removed");
}

TEST_CASE("an entity's kind follows the field it is grouped by") {
  REQUIRE(entity_kind({{Field::user_id, "@a:hs"}}) == "user");
  REQUIRE(entity_kind({{Field::actor_id, "@a:hs"}}) == "user");
  REQUIRE(entity_kind({{Field::source_ip, "2001:db8::1"}}) == "ip");
  REQUIRE(entity_kind({{Field::source_ip, "2001:db8::/64"}}) == "network");
  REQUIRE(entity_kind({{Field::source_network, "192.0.2.0/24"}}) == "network");
  REQUIRE(entity_kind({{Field::server_name, "other.org"}}) == "server");
  REQUIRE(entity_kind({{Field::room_id, "!r:hs"}}) == "room");
  REQUIRE(entity_kind({{Field::media_id, "hs/x"}}) == "media");
  REQUIRE(entity_kind({{Field::log_source, "homeserver.log"}}) == "source");
  REQUIRE(entity_kind({{Field::log_worker, "main"}}) == "worker");
  REQUIRE(entity_kind({{Field::user_agent, "curl"}}) == "campaign");
  REQUIRE(entity_kind({{Field::user_id, "@a:hs"}, {Field::source_ip, "192.0.2.1"}}) == "pair");
  REQUIRE(entity_kind({}) == "global");
}

TEST_CASE("an alert about noci's own sight has a type and a section of its own") {
  Alert about = alert();
  about.system = SystemNews{{}, "nothing was written", "Check that Synapse runs."};
  BlindChange& change = about.system->change;
  change.cause = Cause::lines_lost;
  change.since = at("2026-06-07T00:00:00Z");
  change.value = 0.05;
  change.limit = 0.03;
  REQUIRE(payload_of(about).at("type") == "system.blind");
  REQUIRE(data_of(about).at("health") == json::parse(R"({
    "cause": "lines_lost", "problem": "nothing was written", "advice": "Check that Synapse runs.",
    "since": "2026-06-07T00:00:00.000Z", "value": 0.05, "limit": 0.03, "unit": "share"})"));
  change.blind = false;
  change.cause = Cause::unreadable;
  change.detail = "cannot read /log\n: denied";
  change.value = 61;
  about.status = AlertStatus::resolved;
  REQUIRE(payload_of(about).at("type") == "system.recovered");
  REQUIRE(data_of(about).at("status") == "resolved");
  REQUIRE(data_of(about).at("health").at("unit") == "s");
  REQUIRE(data_of(about).at("health").at("value") == 61);
  REQUIRE(data_of(about).at("health").at("detail") == "cannot read /log\xef\xbf\xbd: denied");
  REQUIRE(data_of(alert()).as_object().if_contains("health") == nullptr);
}

TEST_CASE("behind a network stand its accounts and addresses") {
  Alert campaign = alert();
  campaign.key = {{Field::source_network, "192.0.2.0/24"}};
  campaign.evidence.top = {{Field::user_id, {{"@a:hs", 7}, {"@b:hs", 2}}},
                           {Field::source_ip, {{"192.0.2.9", 9}}},
                           {Field::room_id, {{"!r:hs", 9}}}};
  CHECK(data_of(campaign).at("entity") ==
        json::parse(R"({"kind": "network", "key": "192.0.2.0/24", "members": [
          {"kind": "network", "field": "source.network", "key": "192.0.2.0/24"},
          {"kind": "user", "field": "user.id", "key": "@a:hs", "count": 7},
          {"kind": "user", "field": "user.id", "key": "@b:hs", "count": 2},
          {"kind": "ip", "field": "source.ip", "key": "192.0.2.9", "count": 9}]})"));
  // Behind an account its addresses are evidence, not members.
  campaign.key = {{Field::user_id, "@a:hs"}};
  CHECK(data_of(campaign).at("entity").at("members").as_array().size() == 1);
}

TEST_CASE("a pair names both members") {
  Alert pair = alert();
  pair.key.emplace_back(Field::source_ip, "192.0.2.1");
  REQUIRE(data_of(pair).at("entity") ==
          json::parse(R"({"kind": "pair", "key": "@a:hs 192.0.2.1", "members": [
            {"kind": "user", "field": "user.id", "key": "@a:hs"},
            {"kind": "ip", "field": "source.ip", "key": "192.0.2.1"}]})"));
}

// Expectations by sha256sum.
TEST_CASE("accounts behind requests without one are named, with how sure that is") {
  REQUIRE(data_of(alert()).as_object().if_contains("linked") == nullptr);
  Alert about = alert();
  about.evidence.linked = {{"@a:hs", 9, 0}, {"@b:hs", 2, 3}, {"@c:hs", 0, 3}};
  REQUIRE(data_of(about).at("linked") == json::parse(R"([
    {"kind": "user", "key": "@a:hs", "alone": 9, "several": 0, "certainty": "only_candidate"},
    {"kind": "user", "key": "@b:hs", "alone": 2, "several": 3, "certainty": "partly"},
    {"kind": "user", "key": "@c:hs", "alone": 0, "several": 3, "certainty": "one_of_several"}])"));
}

TEST_CASE("one key on two homeservers is two entities") {
  Alert one = alert();
  one.homeserver = "one.example";
  Alert two = alert();
  two.homeserver = "two.example";
  REQUIRE(data_of(one).at("entity").at("homeserver") == "one.example");
  REQUIRE(fingerprint(one) != fingerprint(two));
}

TEST_CASE("the fingerprint is a hash of rule and key, in which values cannot run together") {
  Alert about = alert();
  about.key = {{Field::user_id, "@a:hs"}};
  REQUIRE(fingerprint(about) == "79a46f37bcfb17b1316e3b47fbe3e7fe80902f7b8196b7dbf43149b6e6baf24e");
  about.key.emplace_back(Field::source_ip, "192.0.2.1");
  REQUIRE(fingerprint(about) == "0b9ff1dffaff05f983a7eb01da074ea2c5517368ade47ebb0f6ed5788ef405d5");
  about.key.clear();
  REQUIRE(fingerprint(about) == "dc1c69af7701c40b1a27bea97721d86d824edc8ba6de9ce7eee6dcd27043dcbb");
}

TEST_CASE("impact is told from the limits where they say it, by the largest window") {
  Alert big = alert();
  big.limits = {limit("fanout", LimitType::value_count, "matrix.room.id", 6),
                limit("fanout_day", LimitType::value_count, "matrix.room.id", 60),
                limit("media_10m", LimitType::value_sum, "http.response.body.bytes", 18350080),
                limit("history", LimitType::value_sum, "http.response.body.bytes", 7),
                limit("all", LimitType::value_sum, "http.response.body.bytes", 9),
                limit("media_files", LimitType::value_count, "matrix.media.id", 80),
                limit("messages", LimitType::value_sum, "matrix.messages", 643459),
                limit("profiles", LimitType::value_count, "matrix.target.user.id", 12),
                limit("joins", LimitType::event_count, "", 400)};
  REQUIRE(data_of(big).at("impact") ==
          json::parse(R"({"rooms": 60, "media_bytes": 18350080, "history_bytes": 7, "bytes": 9,
                          "media_files": 80, "events_est": 643459, "profiles_est": 12})"));
  big.limits = {limit("joins", LimitType::event_count, "", 400)};
  REQUIRE(data_of(big).as_object().if_contains("impact") == nullptr);
}

TEST_CASE("what an attacker wrote is made printable and cut") {
  Alert hostile = alert();
  hostile.key = {{Field::user_agent, "\x1b[31m\"},{\xff" + std::string(2000, 'x')}};
  hostile.summary = std::string(5000, 's') + "\n";
  hostile.evidence.top = {{Field::user_agent, {{std::string("a\0b\r\n", 5), 1}}}};
  hostile.evidence.samples[0].request_id = "GET-\x07";
  const json::value data = data_of(hostile);
  REQUIRE(data.at("entity").at("key").as_string().size() <= 256);
  REQUIRE(
      data.at("entity").at("key").as_string().starts_with("\xef\xbf\xbd[31m\"},{\xef\xbf\xbdx"));
  REQUIRE(data.at("summary").as_string().size() <= 1000);
  REQUIRE(data.at("evidence").at("top").at("user_agent.original").at(0).at(0) ==
          "a\xef\xbf\xbd"
          "b\xef\xbf\xbd\xef\xbf\xbd");
  REQUIRE(data.at("evidence").at("samples").at(0).at("request_id") == "GET-\xef\xbf\xbd");
}

TEST_CASE("evidence keeps within its budget, the most frequent of every field first") {
  Alert big = alert();
  big.evidence.top.clear();
  for (const Field field : {Field::room_id, Field::media_id, Field::user_agent}) {
    std::vector<std::pair<std::string, std::int64_t>> values;
    for (int i = 0; i < 200; ++i) {
      // Quotes double when they are written, so the budget must count what is sent.
      values.emplace_back(std::to_string(i) + std::string(200, '"'), 1000 - i);
    }
    big.evidence.top.emplace_back(field, values);
  }
  big.evidence.samples.assign(40, big.evidence.samples[0]);
  const json::value evidence = data_of(big).at("evidence");
  const std::size_t size = json::serialize(evidence).size();
  REQUIRE(size <= 16384);
  REQUIRE(size > 15000);
  REQUIRE(evidence.at("truncated") == true);
  for (const char* field : {"matrix.room.id", "matrix.media.id", "user_agent.original"}) {
    REQUIRE(evidence.at("top").at(field).as_array().size() >= 8);
    REQUIRE(evidence.at("top").at(field).at(0).at(1) == 1000);
  }
  REQUIRE(evidence.at("samples").as_array().size() >= 8);
}

TEST_CASE("at most sixteen samples are sent, and what is left out is admitted") {
  Alert many = alert();
  many.evidence.samples.assign(17, many.evidence.samples[0]);
  REQUIRE(data_of(many).at("evidence").at("samples").as_array().size() == 16);
  REQUIRE(data_of(many).at("evidence").at("truncated") == true);
  many.evidence.samples.resize(16);
  REQUIRE(data_of(many).at("evidence").at("truncated") == false);
  many.evidence.truncated = true;
  REQUIRE(data_of(many).at("evidence").at("truncated") == true);
}

TEST_CASE("an estimated count states its error, and no number is written that is not one") {
  Alert estimated = alert();
  estimated.limits[0].exact = false;
  estimated.limits[0].error_pct = 1.5;
  estimated.limits[0].factor = 1.0 / 0.0;
  const json::value state = data_of(estimated).at("limits").at(0);
  REQUIRE(state.at("exact") == false);
  REQUIRE(state.at("error_pct") == 1.5);
  REQUIRE(state.at("factor") == 0);
}

TEST_CASE("a share of the whole server is said in numbers, and of nothing else") {
  Alert part = alert();
  part.limits[0].value = 43;
  part.limits[0].whole = 860;
  const json::value state = data_of(part).at("limits").at(0);
  REQUIRE(state.at("whole") == 860);
  REQUIRE(state.at("share") == 0.05);
  REQUIRE_FALSE(data_of(alert()).at("limits").at(0).as_object().contains("share"));
}

TEST_CASE("the test alert has every part that is required of an alert") {
  const json::value payload =
      json::parse(test_payload(node(), at("2026-06-07T00:00:00Z"), "test1"));
  REQUIRE(payload.at("type") == "alert.test");
  REQUIRE(payload.at("data").at("event_id") == "test1-1");
  REQUIRE(payload.at("data").at("limits").as_array().size() == 1);
  REQUIRE(payload.at("data").at("summary").as_string().find("shard-1") != json::string::npos);
}
