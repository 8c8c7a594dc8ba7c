#pragma once
// An alert as the engine would raise it, for the tests of this folder to vary.

#include "model/alert.hpp"
#include "notify/payload.hpp"

namespace noci::testing {

inline TimePoint at(const char* text) {
  return parse_rfc3339(text).value();
}

inline Node node() {
  return {"shard-1", "hs", "0.1.0", "c0ffee"};
}

inline LimitState fanout() {
  LimitState limit;
  limit.name = "fanout";
  limit.type = LimitType::value_count;
  limit.field = "matrix.room.id";
  limit.timespan = std::chrono::minutes{10};
  limit.base_limit = 20;
  limit.limit = 5;
  limit.factor = 0.25;
  limit.period = "rest";
  limit.value = 6;
  limit.breached = true;
  return limit;
}

/// Six rooms in ten minutes at night by one account.
inline Alert alert() {
  Alert alert;
  alert.timestamp = at("2026-06-07T00:14:31.512Z");
  alert.alert_id = "abc234";
  alert.sequence = 2;
  alert.level = Level::high;
  alert.rule_id = "rule-1";
  alert.rule_title = "Bulk extraction by one account";
  alert.rule_hash = "sha256:0123456789ab";
  alert.tags = {"attack.t1213.005"};
  alert.key = {{Field::user_id, "@a:hs"}};
  alert.limits = {fanout()};
  alert.first_event = at("2026-06-07T00:12:01Z");
  alert.last_event = at("2026-06-07T00:14:31Z");
  alert.evidence.top = {{Field::source_ip, {{"192.0.2.10", 231}, {"192.0.2.11", 2}}}};
  Sample sample;
  sample.timestamp = at("2026-06-07T00:12:01Z");
  sample.action = Action::room_join;
  sample.request_id = "POST-17";
  sample.source = "homeserver.log";
  sample.position = {88123, 412};
  alert.evidence.samples = {sample};
  alert.summary = "@a:hs joined 6 rooms in 10 min; the limit is 5";
  return alert;
}

}  // namespace noci::testing
