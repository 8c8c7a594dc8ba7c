#include <algorithm>
#include <deque>
#include <optional>

#include <rapidcheck/catch.h>

#include "base/bytes.hpp"
#include "base/hash.hpp"
#include "detect/engine.hpp"
#include "support/alert_text.hpp"
#include "support/catch.hpp"
#include "support/kept_states.hpp"
#include "support/naive_engine.hpp"
#include "support/random_stream.hpp"

using namespace noci;
using noci::testing::commit;
using noci::testing::KeptStates;
using namespace noci::test;

namespace {

struct Scene {
  Duration lateness;
  std::vector<Rule> rules;
  std::vector<Step> steps;
};

Scene any_scene() {
  Scene scene;
  scene.lateness = Duration(*rc::gen::element<std::int64_t>(0, 0, 2000, 30'000));
  scene.rules = make_rules(*rc::gen::arbitrary<unsigned>(), *rc::gen::inRange(1, 5));
  scene.steps = *rc::gen::scale(2.0, steps());
  if (*rc::gen::inRange(0, 3) == 0) {
    scene.rules = make_slow_rules(*rc::gen::arbitrary<unsigned>(), *rc::gen::inRange(1, 4));
    scene.steps = *rc::gen::scale(2.0, steps(5));
  }
  return scene;
}

EngineOptions options(const Scene& scene) {
  EngineOptions made;
  made.lateness = scene.lateness;
  made.seed[3] = 7;
  return made;
}

std::vector<Alert> run(Engine& engine, const Stream& stream, std::size_t from, std::size_t to) {
  std::vector<Alert> out;
  for (std::size_t i = from; i < to; ++i) {
    engine.apply(stream[i], out);
  }
  return out;
}

constexpr Duration long_after = std::chrono::hours{40};

}  // namespace

namespace {

void compare_with_naive(const Scene& scene) {
  const Stream stream(scene.steps, scene.lateness);
  Engine engine(options(scene), rule_set(scene.rules));
  NaiveEngine naive(scene.rules, scene.lateness);
  std::vector<Alert> got;
  std::vector<Alert> wanted;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    engine.apply(stream[i], got);
    naive.apply(stream[i], wanted);
  }
  const TimePoint end = engine.now() + std::chrono::minutes{20};
  engine.advance(end, got);
  naive.advance(end, wanted);
  RC_CLASSIFY(!wanted.empty(), "alerts");
  RC_ASSERT(difference(outlines(got), outlines(wanted)) == "");
}

}  // namespace

TEST_CASE("the engine says what the naive one says") {
  rc::prop("with gaps of hours", [] {
    Scene scene = any_scene();
    scene.rules = make_rules(*rc::gen::arbitrary<unsigned>(), *rc::gen::inRange(1, 5), true);
    compare_with_naive(scene);
  });
  rc::prop("with gaps of hours and days, about what is usual", [] {
    Scene scene = any_scene();
    scene.rules = make_slow_rules(*rc::gen::arbitrary<unsigned>(), *rc::gen::inRange(1, 4));
    scene.steps = *rc::gen::scale(2.0, steps(5));
    compare_with_naive(scene);
  });
  rc::prop("with gaps of seconds", [] {
    Scene scene = any_scene();
    scene.rules = make_rules(*rc::gen::arbitrary<unsigned>(), *rc::gen::inRange(1, 5));
    scene.steps = *rc::gen::scale(2.0, steps(2));
    compare_with_naive(scene);
  });
}

TEST_CASE("cut anywhere: saved, restored and continued equals not cut") {
  rc::prop("run(A+B) = run(A), save, restore, run(B)", [] {
    const Scene scene = any_scene();
    const Stream stream(scene.steps, scene.lateness);
    EngineOptions settings = options(scene);
    // Sometimes so little memory that keys are evicted all the time.
    settings.memory_budget = *rc::gen::element<std::int64_t>(std::int64_t{512} << 20, 6000);
    settings.keys_per_segment = *rc::gen::inRange<std::size_t>(1, 4);
    const auto set = rule_set(scene.rules);
    Engine whole_run(settings, set);
    std::vector<Alert> wanted = run(whole_run, stream, 0, stream.size());
    whole_run.advance(whole_run.now() + long_after, wanted);

    /// How far the run was when a state was taken.
    struct Mark {
      SavedState state;
      std::size_t at = 0;
      std::size_t said = 0;
    };
    auto engine = std::make_unique<Engine>(settings, set);
    KeptStates kept;
    Mark last_kept;
    std::deque<Mark> unsettled;
    std::vector<Alert> got;
    std::size_t at = 0;
    int crashes = 0;
    while (at < stream.size()) {
      const std::size_t next = std::min(stream.size(), at + *rc::gen::inRange<std::size_t>(1, 12));
      const std::vector<Alert> part = run(*engine, stream, at, next);
      got.insert(got.end(), part.begin(), part.end());
      at = next;
      unsettled.push_back({engine->take_state(), at, got.size()});
      // The disk answers late, and not always well.
      while (!unsettled.empty() && *rc::gen::inRange(0, 3) != 0) {
        const bool taken = *rc::gen::inRange(0, 5) != 0 && kept.keep(unsettled.front().state);
        engine->state_settled(taken);
        last_kept = taken ? unsettled.front() : last_kept;
        unsettled.pop_front();
      }
      if (crashes < 20 && *rc::gen::inRange(0, 3) == 0) {
        ++crashes;
        engine = std::make_unique<Engine>(settings, set);
        unsettled.clear();
        at = last_kept.at;
        got.resize(last_kept.said);
        const auto restored = kept.commits() == 0 ? Result<void>() : kept.restore(*engine);
        RC_ASSERT(restored.has_value());
      }
    }
    engine->advance(engine->now() + long_after, got);
    RC_CLASSIFY(!wanted.empty(), "alerts");
    RC_CLASSIFY(crashes > 0, "crashes");
    RC_CLASSIFY(whole_run.stats().evicted_keys > 0, "evictions");
    RC_ASSERT(difference(whole(got), whole(wanted)) == "");
    RC_ASSERT(engine->stats().memory_bytes == whole_run.stats().memory_bytes);
    RC_ASSERT(engine->stats().keys == whole_run.stats().keys);
  });
}

TEST_CASE("any pattern of advance calls gives the same alerts in the same order") {
  rc::prop("advance is only haste", [] {
    const Scene scene = any_scene();
    const Stream stream(scene.steps, scene.lateness);
    Engine plain(options(scene), rule_set(scene.rules));
    std::vector<Alert> wanted = run(plain, stream, 0, stream.size());
    plain.advance(plain.now() + long_after, wanted);

    // A watermark promises that nothing older follows.
    std::vector<TimePoint> earliest(stream.size() + 1, TimePoint::max());
    for (std::size_t i = stream.size(); i > 0; --i) {
      earliest[i - 1] = std::min(earliest[i], stream[i - 1].timestamp);
    }
    Engine hasty(options(scene), rule_set(scene.rules));
    std::vector<Alert> got;
    for (std::size_t i = 0; i < stream.size(); ++i) {
      const int calls = *rc::gen::inRange(0, 3);
      for (int call = calls; call > 0; --call) {
        hasty.advance(earliest[i] - Duration((call - 1) * 500), got);
      }
      hasty.apply(stream[i], got);
    }
    hasty.advance(plain.now(), got);
    RC_ASSERT(difference(whole(got), whole(wanted)) == "");
  });
}

TEST_CASE("another rule changes nothing about the alerts of the others") {
  rc::prop("alerts of a rule depend on that rule", [] {
    Scene scene = any_scene();
    const Stream stream(scene.steps, scene.lateness);
    Engine all(options(scene), rule_set(scene.rules));
    std::vector<Alert> together = run(all, stream, 0, stream.size());
    all.advance(all.now() + long_after, together);
    const auto index = *rc::gen::inRange<std::size_t>(0, scene.rules.size());
    const std::string id = scene.rules[index].id;
    Engine one(options(scene), rule_set({scene.rules[index]}));
    std::vector<Alert> alone = run(one, stream, 0, stream.size());
    one.advance(all.now(), alone);
    std::erase_if(together, [&](const Alert& alert) { return alert.rule_id != id; });
    RC_ASSERT(difference(whole(together), whole(alone)) == "");
  });
}

TEST_CASE("reloading the same rules changes nothing") {
  rc::prop("replace_rules is invisible when nothing changed", [] {
    const Scene scene = any_scene();
    const Stream stream(scene.steps, scene.lateness);
    Engine plain(options(scene), rule_set(scene.rules));
    const std::vector<Alert> wanted = run(plain, stream, 0, stream.size());
    Engine reloaded(options(scene), rule_set(scene.rules));
    const auto cut = *rc::gen::inRange<std::size_t>(0, stream.size() + 1);
    std::vector<Alert> got = run(reloaded, stream, 0, cut);
    std::vector<Rule> retitled = scene.rules;
    // Another table, another order of indexes: a rule that never fires, before all others.
    retitled.insert(retitled.begin(),
                    RuleBuilder("a-new").by({Field::server_name}).events(Duration{1000}, 1000));
    reloaded.replace_rules(rule_set(retitled), got);
    const std::vector<Alert> rest = run(reloaded, stream, cut, stream.size());
    got.insert(got.end(), rest.begin(), rest.end());
    RC_ASSERT(difference(whole(got), whole(wanted)) == "");
  });
}

TEST_CASE("a damaged state is refused or understood, never fatal") {
  rc::prop("any byte changed, any cut", [] {
    const Scene scene = any_scene();
    const Stream stream(scene.steps, scene.lateness);
    Engine engine(options(scene), rule_set(scene.rules));
    (void)run(engine, stream, 0, stream.size());
    SavedState state = engine.take_state();
    std::string& blob = state.blobs[*rc::gen::inRange<std::size_t>(0, state.blobs.size())];
    const auto at = *rc::gen::inRange<std::size_t>(0, blob.size());
    if (*rc::gen::arbitrary<bool>()) {
      blob.resize(at);
    } else {
      blob[at] = static_cast<char>(blob[at] ^ *rc::gen::inRange(1, 256));
    }
    if (*rc::gen::arbitrary<bool>() && blob.size() > 8) {
      // As if the attacker knew the seed: the checksum fits.
      blob.resize(blob.size() - 8);
      ByteWriter seal;
      seal.fixed64(siphash(blob, options(scene).seed));
      blob += seal.bytes();
    }
    Engine other(options(scene), rule_set(scene.rules));
    KeptStates kept;
    RC_ASSERT(kept.keep(state));
    const auto restored = kept.restore(other);
    std::vector<Alert> out = run(other, stream, 0, stream.size());
    (void)other.why("@u1:hs");
    (void)other.take_state();
    RC_CLASSIFY(restored.has_value(), "understood");
  });
}
