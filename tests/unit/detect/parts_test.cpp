#include <cmath>
#include <map>

#include "base/hash.hpp"
#include "detect/dirty_slots.hpp"
#include "detect/evidence.hpp"
#include "detect/sliding_hll.hpp"
#include "detect/summary.hpp"
#include "support/catch.hpp"
#include "support/event_builder.hpp"
#include "support/rule_builder.hpp"

using namespace noci;
using namespace noci::test;
using detect::FrequentValues;
using detect::SlidingHll;
using detect::WindowSpan;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

Alert alert_of(const Rule& rule, std::vector<std::pair<Field, std::string>> key,
               std::vector<std::int64_t> values) {
  Alert alert;
  alert.rule_title = rule.title;
  alert.key = std::move(key);
  for (std::size_t i = 0; i < values.size(); ++i) {
    LimitState limit;
    limit.name = rule.limits[i].name;
    limit.timespan = rule.limits[i].timespan;
    limit.limit = static_cast<double>(rule.limits[i].threshold);
    limit.value = values[i];
    limit.breached = values[i] > rule.limits[i].threshold;
    alert.limits.push_back(limit);
  }
  return alert;
}

}  // namespace

TEST_CASE("the sliding estimate is within its error in every window") {
  HashSeed seed{};
  for (unsigned char trial = 0; trial < 3; ++trial) {
    seed[0] = trial;
    SlidingHll hll;
    // 60,000 values, one per second, each seen twice.
    const TimePoint start = day_one;
    for (int i = 0; i < 60'000; ++i) {
      const std::uint64_t print = siphash(std::to_string(i), seed);
      hll.add(print, start + std::chrono::seconds{i}, start - hours{1});
      hll.add(print, start + std::chrono::seconds{i}, start - hours{1});
    }
    const TimePoint now = start + std::chrono::seconds{59'999};
    for (const int seconds : {60, 600, 3600, 10'000, 50'000}) {
      const WindowSpan span = WindowSpan::of(std::chrono::seconds{seconds}, Duration{0});
      const double wanted = seconds * (1 + 1.0 / 128);  // half a pane more on average
      const auto got = static_cast<double>(hll.estimate(span, now));
      CAPTURE(seconds, got);
      // Four standard errors, and the pane.
      CHECK(std::abs(got - wanted) < wanted * (4 * SlidingHll::standard_error_pct() / 100 + 0.01));
    }
    CHECK(hll.estimate(WindowSpan::of(hours{1}, Duration{0}), now + hours{3}) == 0);
  }
}

TEST_CASE("the sliding estimate does not depend on the order of arrival") {
  HashSeed seed{};
  SlidingHll forward;
  SlidingHll backward;
  const int count = 5000;
  for (int i = 0; i < count; ++i) {
    const int j = count - 1 - i;
    forward.add(siphash(std::to_string(i), seed), day_one + Duration{i}, day_one - hours{1});
    backward.add(siphash(std::to_string(j), seed), day_one + Duration{j}, day_one - hours{1});
  }
  for (const int window : {10, 100, 1000, 10'000}) {
    const WindowSpan span = WindowSpan::of(Duration{window}, Duration{0});
    CHECK(forward.estimate(span, day_one + Duration{count}) ==
          backward.estimate(span, day_one + Duration{count}));
  }
}

TEST_CASE(
    "a number that changes hands again and again is noted once, and again after it was asked for") {
  detect::DirtySlots dirty;
  for (const std::size_t slot : {7U, 3U, 7U, 900U, 3U, 7U}) {
    dirty.mark(slot);
  }
  CHECK(dirty.take(900) == std::vector<std::uint32_t>{3, 7});
  CHECK(dirty.take(900).empty());
  dirty.mark(900);
  dirty.mark(7);
  CHECK(dirty.take(901) == std::vector<std::uint32_t>{7, 900});
}

TEST_CASE("frequent values survive a flood of rare ones and counts are guaranteed") {
  FrequentValues values;
  std::map<std::string, std::int64_t> truth;
  const auto add = [&](const std::string& value) {
    values.add(value, 16);
    ++truth[value];
  };
  for (int i = 0; i < 3000; ++i) {
    add("rare" + std::to_string(i));
    add("common");
    if (i % 3 == 0) {
      add("frequent");
    }
  }
  const auto top = values.top(4);
  REQUIRE(top.size() == 4);
  CHECK(top[0].first == "common");
  CHECK(top[1].first == "frequent");
  CHECK(values.has_forgotten());
  for (const auto& [value, count] : top) {
    CHECK(count <= truth[value]);
  }
}

TEST_CASE("few values are counted exactly, long ones are cut") {
  FrequentValues values;
  for (int i = 0; i < 5; ++i) {
    values.add("b", 4);
    values.add(i < 3 ? "a" : "c", 4);
  }
  CHECK(values.top(2) == std::vector<std::pair<std::string, std::int64_t>>{{"b", 5}, {"a", 3}});
  CHECK_FALSE(values.has_forgotten());
  values.add(std::string(100'000, 'x'), 4);
  CHECK(values.bytes() < 2000);
}

TEST_CASE("evidence keeps the last samples and leaves the key's own fields out") {
  const Rule rule = RuleBuilder("r").by({Field::source_ip});
  const EvidenceSettings settings = detect::resolved_evidence(rule);
  detect::EvidenceCollector collector;
  for (int i = 0; i < 20; ++i) {
    EventBuilder event;
    event.ip("192.0.2.1").user("@u" + std::to_string(i % 2) + ":hs").at(Duration{i});
    event.request_id("GET-" + std::to_string(i)).log_source("main");
    collector.add(event, settings);
  }
  const Evidence evidence = collector.evidence(settings);
  REQUIRE(evidence.samples.size() == 8);
  CHECK(evidence.samples.front().request_id == "GET-12");
  CHECK(evidence.samples.back().request_id == "GET-19");
  REQUIRE(evidence.top.size() == 1);
  CHECK(evidence.top[0].first == Field::user_id);
  CHECK(evidence.top[0].second[0] == std::pair<std::string, std::int64_t>{"@u0:hs", 10});
  CHECK(collector.first_event() == day_one);
  CHECK(collector.last_event() == day_one + Duration{19});
}

TEST_CASE("the summary says who took how much of what, in how long, and the limit") {
  struct Row {
    Rule rule;
    std::vector<std::pair<Field, std::string>> key;
    std::vector<std::int64_t> values;
    std::string expected;
  };

  const std::pair<Field, std::string> user{Field::user_id, "@kestrel:hs.example"};
  const std::vector<Row> rows{
      {RuleBuilder("r").on({Action::room_join}).distinct(Field::room_id, minutes{10}, 20),
       {user},
       {21},
       "@kestrel:hs.example joined 21 rooms in 10 min (limit 20)."},
      {RuleBuilder("r").on({Action::room_messages}).distinct(Field::room_id, hours{24}, 100),
       {user},
       {1101},
       "@kestrel:hs.example read 1,101 rooms in 24 h (limit 100)."},
      {RuleBuilder("r")
           .on({Action::media_download, Action::media_thumbnail})
           .sum(Field::bytes, hours{1}, 500'000'000),
       {user},
       {524'288'001},
       "@kestrel:hs.example downloaded 524.3 MB in 1 h (limit 500.0 MB)."},
      {RuleBuilder("r")
           .on({Action::media_download})
           .events(minutes{10}, 500)
           .sum(Field::messages, minutes{10}, 1000),
       {{Field::source_ip, "193.32.162.17"}},
       {600, 2000},
       "193.32.162.17 downloaded 600 media files in 10 min (limit 500), and fetched 2,000 "
       "messages in 10 min (limit 1,000)."},
      {RuleBuilder("r").on({Action::room_join}).distinct(Field::source_network, hours{1}, 3),
       {user, {Field::source_network, "193.32.162.0/24"}},
       {4},
       "@kestrel:hs.example from 193.32.162.0/24 came from 4 networks in 1 h (limit 3)."},
      {RuleBuilder("odd").on({Action::typing}).events(minutes{10}, 500),
       {user},
       {600},
       "@kestrel:hs.example matched Rule odd: l0 600 in 10 min, limit 500."},
      {RuleBuilder("r").by({}).on({Action::login_failed}).events(minutes{10}, 500),
       {},
       {600},
       "The whole server failed 600 logins in 10 min (limit 500)."},
  };
  for (const Row& row : rows) {
    const Alert alert = alert_of(row.rule, row.key, row.values);
    CHECK(summarise(alert, words_for(row.rule)) == row.expected);
  }
}

TEST_CASE("the summary names where it came from and makes hostile text harmless") {
  const Rule rule =
      RuleBuilder("r").on({Action::room_join}).distinct(Field::room_id, minutes{1}, 2);
  Alert alert = alert_of(rule, {{Field::user_id, "@x\x1b[31m\n:hs"}}, {3});
  alert.evidence.top = {{Field::source_ip, {{"192.0.2.1", 9}, {"192.0.2.2", 3}, {"::1", 1}}}};
  CHECK(summarise(alert, words_for(rule)) ==
        "@x\xef\xbf\xbd[31m\xef\xbf\xbd:hs joined 3 rooms in 1 min from 192.0.2.1 and 2 more "
        "addresses (limit 2).");
  alert.limits[0].exact = false;
  alert.limits[0].limit = 2.5;
  alert.simulated = true;
  alert.evidence.top = {};
  CHECK(summarise(alert, words_for(rule)).substr(0, 12) == "[simulated] ");
  CHECK(summarise(alert, words_for(rule)).find("about 3 rooms in 1 min (limit 2.50)") !=
        std::string::npos);
  alert.status = AlertStatus::resolved;
  CHECK(summarise(alert, words_for(rule)).find("is back below every limit of \"Rule r\".") !=
        std::string::npos);
}

TEST_CASE("the summary says whom requests without an account are linked to, and how surely") {
  const Rule rule = RuleBuilder("r").by({Field::source_ip}).on({Action::media_download_legacy});
  Alert alert = alert_of(rule, {{Field::source_ip, "192.0.2.1"}}, {});
  const auto ending = [&](std::vector<LinkedAccount> linked) {
    alert.evidence.linked = std::move(linked);
    const std::string text = summarise(alert, words_for(rule));
    return text.substr(text.find(". ") == std::string::npos ? text.size() : text.find(". ") + 2);
  };
  CHECK(ending({}) == "");
  CHECK(ending({{"@a:hs", 9, 0}}) == "Only @a:hs was seen on the same address and agent.");
  CHECK(ending({{"@a:hs", 9, 1}, {"@b:hs", 0, 1}}) ==
        "The requests without an account may be of @a:hs or @b:hs, seen on the same address and "
        "agent.");
  CHECK(ending({{"@a:hs", 9, 1}, {"@b:hs", 0, 1}, {"@c:hs", 0, 1}}) ==
        "The requests without an account may be of @a:hs or 2 others, seen on the same address and "
        "agent.");
  alert.key = {{Field::actor_id, "@a:hs"}};
  CHECK(ending({{"@a:hs", 9, 0}}) ==
        "9 of the requests name no account; no other was seen on the same address and agent.");
}
