#include "edited_rule.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

const std::string good = R"(title: Unlike itself
id: 252c94ea-0e0f-4594-9169-b5b7552fedc3
level: high
detection:
  read: {event.action: room_messages}
  alarm: {event.action: user_directory_search}
correlation:
  group-by: [user.id]
  limits:
    - {name: a, type: baseline, of: value_count, select: read, field: matrix.room.id, own: 8, peers: 0.5, at_least: 40}
  factor: {when: alarm, by: 0.5, for: 24h}
tests:
  - {name: fires, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs', event.action: room_join}], expect: [{limit: a}]}
  - {name: silent, events: [{at: '2026-06-07T02:00:00Z', user.id: '@a:hs'}], expect: []}
)";

}  // namespace

TEST_CASE("a baseline and a conditional factor become values") {
  const Scratch scratch;
  const auto loaded = load_edited(scratch, good);
  REQUIRE(all(loaded.faults).empty());
  const Rule& rule = loaded.value.rules.at(0);
  const Limit& limit = rule.limits.at(0);
  CHECK(limit.type == LimitType::baseline);
  CHECK(limit.timespan == 24h);
  CHECK(limit.compare == Compare::gt);
  CHECK(limit.threshold == 40);
  CHECK(limit.field == Field::room_id);
  REQUIRE(limit.baseline.has_value());
  CHECK(limit.baseline->of == LimitType::value_count);
  CHECK(limit.baseline->own == 8);
  CHECK(limit.baseline->peers == 0.5);
  CHECK(limit.baseline->quantile == 0.999);
  CHECK(limit.baseline->warm_up == 168h);
  CHECK(limit.baseline->seasonal);
  REQUIRE(rule.factors.size() == 1);
  CHECK(rule.factors[0].by == 0.5);
  CHECK(rule.factors[0].span == 24h);
  CHECK(rule.factors[0].when_text == "alarm");
  CHECK(rule.factors[0].when.selection == 1);
}

TEST_CASE("a floor of bytes may be written as a size, and factors may be several") {
  const Scratch scratch;
  std::string text = good;
  text.replace(text.find("of: value_count"), 15, "of: value_sum");
  text.replace(text.find("matrix.room.id"), 14, "http.response.body.bytes");
  text.replace(text.find("at_least: 40"), 12, "at_least: 500MiB, warm_up: 14d, seasonal: false");
  const auto loaded =
      load_edited(scratch, text, "{when: alarm, by: 0.5, for: 24h}",
                  "[{when: alarm, by: 0.5, for: 24h}, {when: not read, by: 2, for: 1m}]");
  REQUIRE(all(loaded.faults).empty());
  const Rule& rule = loaded.value.rules.at(0);
  CHECK(rule.limits.at(0).threshold == 500 * 1024 * 1024);
  CHECK_FALSE(rule.limits[0].baseline->seasonal);
  CHECK(rule.factors.size() == 2);
}

TEST_CASE("each wrong piece of a baseline or a factor is one fault of its kind") {
  struct Case {
    const char* from;
    const char* to;
    int line;
    const char* code;
    const char* hint;
  };

  const auto [from, to, line, code, hint] = GENERATE(values<Case>({
      {"own: 8, peers: 0.5, ", "", 10, "missing-key", "own: 8"},
      {"own: 8", "own: 0", 10, "out-of-range", "between"},
      {"peers: 0.5", "peers: many", 10, "wrong-type", ""},
      {", at_least: 40", "", 10, "missing-key", "never reported"},
      {"at_least: 40", "at_least: -1", 10, "out-of-range", "between 0"},
      {"at_least: 40", "at_least: 40, timespan: 24h", 10, "unknown-key", "compares days"},
      {"at_least: 40", "at_least: 40, condition: {gt: 5}", 10, "unknown-key", "'at_least'"},
      {"at_least: 40", "at_least: 40, steps: [read, alarm]", 10, "unknown-key", "temporal"},
      {"at_least: 40", "at_least: 40, quantile: 2", 10, "out-of-range", "between"},
      {"at_least: 40", "at_least: 40, warm_up: 1h", 10, "out-of-range", "between"},
      {"peers: 0.5", "quantile: 0.9", 10, "pointless", "add 'peers'"},
      {"of: value_count, ", "", 10, "missing-key", "what is counted"},
      {"of: value_count", "of: event_count", 10, "conflict", "remove it"},
      {"of: value_count", "of: baseline", 10, "bad-value", "event_count"},
      {"when: alarm", "when: alram", 11, "unknown-selection", "did you mean 'alarm'?"},
      {"by: 0.5", "by: 0", 11, "out-of-range", "between"},
      {", for: 24h", "", 11, "missing-key", "24h"},
      {"for: 24h", "for: 90d", 11, "out-of-range", "between 1s and 30d"},
      {"for: 24h", "for: 24h, factor: 2", 11, "unknown-key", ""},
      {"  factor: {when: alarm, by: 0.5, for: 24h}\n", "", 6, "unused-selection", ""},
  }));
  const Scratch scratch;
  const auto loaded = load_edited(scratch, good, from, to);
  CAPTURE(from, to, all(loaded.faults));
  CHECK(loaded.faults.size() == 1);
  CHECK(mentions(loaded.faults, code, line));
  CHECK(all(loaded.faults).find(hint) != std::string::npos);
}
