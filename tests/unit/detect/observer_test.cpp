#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "unit/detect/play.hpp"

using namespace noci;
using namespace noci::test;

TEST_CASE("an observer is told every step of every key that is not exempt") {
  Override bot;
  bot.match = {equals(Field::user_id, {"@bot:hs"})};
  bot.exempt = true;
  Override doubled;
  doubled.match = {equals(Field::user_id, {"@legal:hs"})};
  doubled.factor = 2;
  // By rule, the values in the order they were told.
  std::map<std::string, std::vector<std::int64_t>> values;
  std::vector<double> factors;
  EngineOptions with = options();
  with.observer = [&](const Reading& reading) {
    REQUIRE(reading.limits.size() == reading.rule.limits.size());
    values[reading.rule.id].push_back(reading.limits[0].value);
    factors.push_back(reading.limits[0].factor);
  };
  Play play({fanout("few").override_with(bot).override_with(doubled),
             RuleBuilder("many").on({Action::room_join}).events(std::chrono::hours{1}, 1000)},
            with);
  play.join("@legal:hs", 2);
  CHECK(values["few"] == std::vector<std::int64_t>{1, 2});
  CHECK(values["many"] == std::vector<std::int64_t>{1, 2});
  CHECK(std::ranges::count(factors, 2.0) == 2);
  play.join("@bot:hs", 3);
  CHECK(values["few"].size() == 2);
  CHECK(values["many"] == std::vector<std::int64_t>{1, 2, 1, 2, 3});
  CHECK(play.alerts.empty());
}
