#include "app/tune_peaks.hpp"

#include "detect/key.hpp"
#include "support/catch.hpp"

using namespace noci;

namespace {

Rule files_rule(std::int64_t threshold) {
  Rule rule;
  rule.id = "aaaaaaaa-0000-4000-8000-000000000001";
  rule.title = "Files";
  rule.group_by = {Field::user_id};
  Limit limit;
  limit.name = "files_24h";
  limit.threshold = threshold;
  rule.limits.push_back(limit);
  return rule;
}

/// What an engine tells of an account that has so much.
class Told {
 public:
  explicit Told(const Rule& rule) : rule_(rule) {}

  void tell(const std::string& user, std::int64_t value, double factor = 1) {
    Event event;
    event.user_id = user;
    std::string key;
    REQUIRE(detect::make_key(event, rule_.group_by, key));
    LimitState state;
    state.value = value;
    state.factor = factor;
    const std::vector<LimitState> limits(rule_.limits.size(), state);
    peaks.add({rule_, key, TimePoint{} + std::chrono::hours{24 * days_}, limits});
    days_ = 1 - days_;
  }

  TunePeaks peaks;

 private:
  const Rule& rule_;
  int days_ = 0;
};

}  // namespace

TEST_CASE("peaks are the highest of each key, in the limit's own terms") {
  const Rule rule = files_rule(300);
  Told told(rule);
  told.tell("@a:hs", 10);
  told.tell("@a:hs", 90);
  told.tell("@a:hs", 20);
  told.tell("@b:hs", 400, 20);  // listed: twenty times the limit
  told.tell("@c:hs", 30);
  const auto rules = told.peaks.propose(1);
  REQUIRE(rules.size() == 1);
  const LimitPeaks& files = rules[0].limits[0];
  CHECK(files.keys == 3);
  CHECK(files.max == 90);
  CHECK(files.median == 30);
  CHECK(files.over.empty());
  CHECK(files.proposed == 300);
  CHECK(told.peaks.days() == 1);
}

TEST_CASE("a limit that is met too often is raised until the target is met") {
  const Rule rule = files_rule(100);
  Told told(rule);
  for (int i = 1; i <= 20; ++i) {
    told.tell("@u" + std::to_string(i) + ":hs", 90 + i);
  }
  const auto rules = told.peaks.propose(2);
  const LimitPeaks& files = rules[0].limits[0];
  CHECK(rules[0].keys_over == 10);
  REQUIRE(files.over.size() == 10);
  CHECK(files.over[0] == std::pair<std::string, double>{"@u20:hs", 110});
  // Half of the ten are let pass, a tenth more: the sixth has 105.
  CHECK(files.proposed == 120);
}

TEST_CASE("a theft in the history is not tuned away") {
  const Rule rule = files_rule(100);
  Told told(rule);
  told.tell("@kestrel:hs", 59386);
  const auto rules = told.peaks.propose(0);
  CHECK(rules[0].limits[0].proposed == 500);
  CHECK(rules[0].keys_over == 1);
}

TEST_CASE("sequences and baselines are no numbers to fit") {
  Rule rule = files_rule(100);
  rule.limits.push_back(rule.limits[0]);
  rule.limits[0].name = "takeover";
  rule.limits[0].type = LimitType::temporal_ordered;
  Rule usual = files_rule(100);
  usual.limits[0].type = LimitType::baseline;
  usual.limits[0].baseline.emplace();
  Told told(rule);
  told.tell("@a:hs", 200);
  const auto rules = told.peaks.propose(0);
  REQUIRE(rules.size() == 1);
  REQUIRE(rules[0].limits.size() == 1);
  CHECK(rules[0].limits[0].limit->name == "files_24h");
  CHECK(rules[0].limits[0].proposed == 220);
  CHECK(rules[0].keys_over == 1);
  Told nothing(usual);
  nothing.tell("@a:hs", 200);
  CHECK(nothing.peaks.propose(0).empty());
}

TEST_CASE("numbers are rounded up to two digits that count") {
  CHECK(rounded_up(99.2) == 100);
  CHECK(rounded_up(1234) == 1300);
  CHECK(rounded_up(1300) == 1300);
  CHECK(rounded_up(5) == 5);
}
