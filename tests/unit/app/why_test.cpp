#include "app/why.hpp"

#include <boost/json/parse.hpp>

#include "support/catch.hpp"

using namespace noci;
using std::chrono::hours;

namespace {

LimitState limit(const std::string& name, std::int64_t value, double in_force) {
  LimitState state;
  state.name = name;
  state.timespan = hours{24};
  state.value = value;
  state.limit = in_force;
  state.base_limit = static_cast<std::int64_t>(in_force);
  return state;
}

std::string told(std::vector<LimitState> limits) {
  KeyStatus view;
  view.rule_id = "5a1c6f0e-8b4d-4b7e-9a63-2f0d7c1be954";
  view.rule_title = "Much of everything";
  view.key = {{Field::user_id, "@a:hs"}};
  view.limits = std::move(limits);
  view.firing = true;
  return why_text(boost::json::parse(why_json("@a:hs", {view})).as_object());
}

}  // namespace

TEST_CASE("why tells how near each limit a key is, and what the limit in force comes from") {
  LimitState halved = limit("files", 30, 60);
  halved.because = {"new_network"};
  LimitState share = limit("rooms", 43, 86);
  share.whole = 860;
  CHECK(told({halved, share}) ==
        "Much of everything  FIRING\n"
        "  files: 30 in 24h, limit 60 (50 %), since new_network\n"
        "  rooms: 43 in 24h, limit 86 (50 %); all of the server is 860\n");
}

TEST_CASE("why tells which steps of a sequence have happened") {
  LimitState sequence = limit("recon", 1, 2);
  sequence.type = LimitType::temporal;
  StepState joined{"joined", 5, true, TimePoint(hours{24 * 365}), TimePoint(hours{24 * 366})};
  sequence.steps = {joined, StepState{"listed", 1, false, {}, {}}};
  CHECK(told({sequence}) ==
        "Much of everything  FIRING\n"
        "  recon within 24h: joined (5) since 1971-01-01T00:00:00.000Z, listed (1) not yet\n");
}

TEST_CASE("why tells what is usual for a key and its peers") {
  LimitState baseline = limit("live", 400, 800);
  baseline.type = LimitType::baseline;
  UsualState usual;
  usual.own_days = 12;
  usual.own_busiest = 200;
  usual.peer_keys = 4900;
  usual.peers = 1500;
  baseline.usual = usual;
  CHECK(told({baseline}) ==
        "Much of everything  FIRING\n"
        "  live: 400 in 24h, limit 800 (50 %); its own busiest of 12 days 200, usual for 4,900 "
        "others "
        "up to 1,500\n");
  baseline.usual = UsualState{};
  baseline.usual->warming = true;
  CHECK(told({baseline}) ==
        "Much of everything  FIRING\n"
        "  live: 400 in 24h, limit 800 (50 %); still learning; its own busiest of 0 days 0\n");
}

TEST_CASE("why admits that nobody has seen a key") {
  CHECK(why_text(boost::json::parse(why_json("@a:hs", {})).as_object()) ==
        "no rule has seen @a:hs within its windows\n");
}
