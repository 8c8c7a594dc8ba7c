#include "support/catch.hpp"
#include "support/kept_states.hpp"
#include "unit/detect/play.hpp"

using namespace noci;
using namespace noci::test;
using noci::testing::commit;
using noci::testing::KeptStates;
using std::chrono::minutes;

TEST_CASE("a rule that is gone after a restart ends its episodes with the next event") {
  Play play({fanout("gone")});
  play.join("@a:hs", 4);
  Engine other(options(), rule_set({fanout("new")}));
  KeptStates kept;
  commit(play.engine, kept);
  REQUIRE(kept.restore(other).has_value());
  std::vector<Alert> out;
  other.advance(day_one, out);
  REQUIRE(out.size() == 1);
  CHECK(out[0].resolve_reason == "rule_removed");
  CHECK(out[0].alert_id == play.alerts[0].alert_id);
  CHECK(out[0].rule_title == "Rule gone");
  CHECK(out[0].limits[0].value == 4);
  // What was counted is known to the new rule, which asks for the same.
  EventBuilder event;
  other.apply(event.user("@a:hs").room("!one-more:hs").at(minutes{1}), out);
  REQUIRE(out.size() == 2);
  CHECK(out[1].limits[0].value == 5);
}

TEST_CASE("a state under another seed or version is refused in words") {
  Play play({fanout()});
  play.join("@a:hs", 4);
  EngineOptions with = options();
  with.seed[0] = 1;
  Engine other(with, rule_set({fanout()}));
  KeptStates kept;
  commit(play.engine, kept);
  const auto result = kept.restore(other);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().what.find("seed") != std::string::npos);
  Engine fresh(options(), rule_set({fanout()}));
  CHECK_FALSE(fresh.restore(1, "").has_value());
  CHECK_FALSE(fresh.restore(1, "something else entirely").has_value());
}

TEST_CASE("what changed is no state without what did not") {
  Play play({fanout()});
  play.join("@a:hs", 1);
  play.join("@b:hs", 1);
  KeptStates whole;
  commit(play.engine, whole);
  play.join("@b:hs", 1, minutes{1});
  const SavedState delta = play.engine.take_state();
  Engine fresh(options(), rule_set({fanout()}));
  REQUIRE(fresh.restore(delta.number, delta.blobs[0]).has_value());
  CHECK(fresh.finish_restore().error().what.find("missing") != std::string::npos);
  CHECK(fresh.stats().keys == 0);
}

TEST_CASE("what was not kept is part of the next commit") {
  Play play({fanout()});
  for (int i = 0; i < 1000; ++i) {
    play.join("@user" + std::to_string(i) + ":hs", 1);
  }
  KeptStates kept;
  (void)play.engine.take_state();
  play.engine.state_settled(false);  // the whole one
  play.join("@b:hs", 1, minutes{1});
  commit(play.engine, kept);
  play.join("@user999:hs", 4, minutes{2});
  (void)play.engine.take_state();
  play.engine.state_settled(false);
  commit(play.engine, kept);
  Engine fresh(options(), rule_set({fanout()}));
  REQUIRE(kept.restore(fresh).has_value());
  CHECK(fresh.stats().keys == 1001);
  std::vector<Alert> out;
  fresh.advance(day_one, out);
  CHECK(fresh.stats().open_episodes == 1);
}

TEST_CASE("a commit costs what changed, however many keys there are") {
  Play play({fanout()});
  for (int i = 0; i < 5000; ++i) {
    play.join("@user" + std::to_string(i) + ":hs", 1);
  }
  KeptStates kept;
  commit(play.engine, kept);
  const std::size_t whole = kept.bytes();
  const SavedState nothing = play.engine.take_state();
  play.engine.state_settled(kept.keep(nothing));
  CHECK(KeptStates::bytes_of(nothing) < 1000);
  for (int round = 0; round < 400; ++round) {
    // No commit is much larger than what changed and one segment, and what is kept stays bounded.
    for (int i = 0; i < 50; ++i) {
      play.join("@user" + std::to_string((round * 50 + i) % 5000) + ":hs", 2, minutes{round});
    }
    const SavedState state = play.engine.take_state();
    play.engine.state_settled(kept.keep(state));
    REQUIRE(KeptStates::bytes_of(state) < whole / 5);
    REQUIRE(kept.bytes() < 4 * whole);
  }
  CHECK(kept.commits() < 300);
  Engine fresh(options(), rule_set({fanout()}));
  REQUIRE(kept.restore(fresh).has_value());
  CHECK(fresh.stats().keys == 5000);
}
