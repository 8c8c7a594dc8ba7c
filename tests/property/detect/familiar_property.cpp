// Familiar against a naive reference that keeps everything, for any stream of requests; saved and
// restored anywhere, with commits that fail, it says the same.

#include <deque>
#include <map>
#include <set>
#include <sstream>

#include <rapidcheck.h>

#include "detect/familiar.hpp"
#include "support/catch.hpp"
#include "support/event_builder.hpp"
#include "support/kept_states.hpp"

using namespace noci;
using test::day_one;
using test::EventBuilder;

namespace {

struct Request {
  std::int64_t minute = 0;  ///< since day_one
  int user = 0;             ///< 0: none
  int address = 0;
  int agent = 0;
  int server = 0;
  bool deliberate = false;
};

std::string user_of(const Request& request) {
  return request.user == 0 ? "" : "@" + std::to_string(request.user) + ":hs";
}

std::string address_of(const Request& request) {
  return "192.0." + std::to_string(request.address / 2) + "." + std::to_string(request.address);
}

/// Mostly forward, by a minute, an hour, a day or two months; sometimes a little back.
std::vector<Request> requests() {
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::weightedElement<int>(
      {{30, 0}, {30, 3}, {8, 17}, {10, 60}, {14, 700}, {6, 1500}, {1, 90'000}, {6, -2}}));
  std::vector<Request> all;
  std::int64_t minute = 0;
  for (const int step : steps) {
    minute = std::max<std::int64_t>(0, minute + step);
    all.push_back({minute, *rc::gen::inRange(0, 4), *rc::gen::inRange(0, 4),
                   *rc::gen::inRange(0, 2), *rc::gen::inRange(0, 3), *rc::gen::arbitrary<bool>()});
  }
  return all;
}

std::string text_of(std::optional<std::int64_t> number) {
  return number ? std::to_string(*number) : "-";
}

std::string said(const Event& event) {
  std::ostringstream out;
  out << event.actor_id << '/' << event.text(Field::actor_linked);
  std::set<std::string> candidates(event.candidates.begin(), event.candidates.end());
  for (const std::string& candidate : candidates) {
    out << '+' << candidate;
  }
  for (std::size_t i = 0; i < trait_count; ++i) {
    const auto trait = static_cast<Trait>(i);
    out << ' '
        << (trait == Trait::country || trait == Trait::as ? ""
                                                          : flag_text(event.novelty.of(trait)));
  }
  out << ' ' << text_of(event.known_days_account) << ' ' << text_of(event.known_days_address) << ' '
      << text_of(event.known_days_network) << ' ' << text_of(event.known_days_agent);
  return out.str();
}

std::string play(Familiar& familiar, const Request& request) {
  EventBuilder builder;
  builder.at(std::chrono::minutes{request.minute}).user(user_of(request));
  builder.ip(address_of(request)).agent("agent" + std::to_string(request.agent) + "x/1");
  builder.action(request.deliberate ? Action::room_send : Action::sync);
  if (request.server > 0) {
    builder.room("!r:server" + std::to_string(request.server));
  }
  Event event = builder.event();
  familiar.regard(event, event.timestamp);
  return said(event);
}

/// Everything that ever happened, and the definitions of docs/events.md.
class Naive {
 public:
  std::string play(const Request& request) {
    const std::string place = address_of(request) + " " + std::to_string(request.agent);
    const std::string user = user_of(request);
    const std::int64_t minute = start_minute + request.minute;
    if (user.empty()) {
      return anonymous(place, minute);
    }
    std::int64_t& seen = places_[place][user];
    seen = std::max(seen, minute);
    return proven(request, user, minute / 60);
  }

 private:
  static constexpr std::int64_t start_minute =
      std::chrono::duration_cast<std::chrono::minutes>(day_one.time_since_epoch()).count();

  struct Item {
    std::int64_t first;
    std::int64_t last;
  };

  struct Account {
    std::int64_t first = 0;
    std::int64_t last = -1;
    int days = 0;
    std::map<std::pair<Trait, std::string>, Item> items;
    std::vector<std::pair<std::int64_t, std::set<int>>> hours;  ///< generations, from when
    std::int64_t new_hour = -1;
  };

  std::string anonymous(const std::string& place, std::int64_t minute) {
    std::set<std::string> candidates;
    for (const auto& [user, seen] : places_[place]) {
      if (seen >= minute - 30) {
        candidates.insert(user);
      }
    }
    std::string actor = candidates.size() == 1 ? *candidates.begin() + "/true" : "/";
    if (candidates.size() > 1) {
      for (const std::string& candidate : candidates) {
        actor += "+" + candidate;
      }
    }
    return actor + "          - - - -";
  }

  std::string proven(const Request& request, const std::string& user, std::int64_t hour) {
    began_ = began_ < 0 ? hour : std::min(began_, hour);
    Account& account = accounts_[user];
    if (account.days == 0 || hour - account.last > 60 * 24) {
      account = {};
      account.first = account.last = hour;
      account.days = 1;
      account.hours = {{hour, {}}, {hour, {}}};
    }
    if (hour > account.last) {
      const bool next_day = hour / 24 != account.last / 24;
      account.last = hour;
      if (next_day) {
        ++account.days;
        std::erase_if(account.items,
                      [&](const auto& item) { return hour - item.second.last > 60 * 24; });
        if (hour - account.hours[0].first >= 30 * 24) {
          const bool keeps = hour - account.hours[0].first < 60 * 24;
          account.hours = {{hour, {}}, {0, keeps ? account.hours[0].second : std::set<int>{}}};
        }
      }
    }
    const bool warm = account.days >= 3 && account.last - account.first >= 72;
    std::array<std::string, trait_count> flags;
    std::map<Trait, std::string> days;
    flags[0] = warm ? "false" : hour - began_ >= 7 * 24 ? "true" : "";
    const auto use = [&](Trait trait, const std::string& value) {
      const auto [found, fresh] =
          account.items.try_emplace({trait, value}, Item{warm ? hour : hour - 14 * 24, hour});
      Item& item = found->second;
      item.last = std::max(item.last, hour);
      const std::int64_t age = std::max<std::int64_t>(0, hour - item.first);
      if (warm) {
        flags[static_cast<std::size_t>(trait)] = age < 24 ? "true" : "false";
        days[trait] = std::to_string(std::min<std::int64_t>(14, age / 24));
      }
    };
    use(Trait::address, address_of(request));
    use(Trait::network, std::to_string(request.address / 2));
    use(Trait::agent, std::to_string(request.agent));
    use(Trait::action, request.deliberate ? "send" : "sync");
    if (request.server > 0) {
      use(Trait::server, std::to_string(request.server));
    }
    if (request.deliberate) {
      const bool is_new = new_hour(account, hour);
      if (warm && account.last - account.first >= 7 * 24) {
        flags[static_cast<std::size_t>(Trait::hour)] = is_new ? "true" : "false";
      }
    }
    std::string text = user + "/false";
    for (const std::string& flag : flags) {
      text += " " + flag;
    }
    text += " " + std::to_string(std::min<std::int64_t>(14, (account.last - account.first) / 24));
    for (const Trait trait : {Trait::address, Trait::network, Trait::agent}) {
      text += " " + (days.count(trait) > 0 ? days[trait] : "-");
    }
    return text;
  }

  static bool new_hour(Account& account, std::int64_t hour) {
    // 1970-01-01 was a Thursday.
    const int kind = (hour / 24 + 3) % 7 > 4 ? 24 : 0;
    const auto of_day = static_cast<int>(hour % 24);
    bool is_new = true;
    for (const auto& [since, used] : account.hours) {
      for (const int beside : {0, 1, 23}) {
        is_new = is_new && used.count(kind + (of_day + beside) % 24) == 0;
      }
    }
    account.hours[0].second.insert(kind + of_day);
    account.new_hour = is_new ? hour : account.new_hour;
    return account.new_hour == hour;
  }

  std::map<std::string, std::map<std::string, std::int64_t>> places_;
  std::map<std::string, Account> accounts_;
  std::int64_t began_ = -1;
};

/// What the pipeline does around it: numbers the commits, and begins anew when one was lost that
/// nothing came before.
struct Commits {
  Familiar familiar;
  std::uint64_t number = 0;
  std::uint64_t kept = 0;

  SavedState take_state() {
    Familiar::State state = familiar.take_state(kept == 0);
    return {++number, kept, state.oldest_needed, std::move(state.blobs)};
  }

  void state_settled(bool was_kept) {
    familiar.state_settled(was_kept);
    kept = was_kept ? number : kept;
  }

  Result<void> restore(std::uint64_t of, std::string_view blob) {
    number = kept = of;
    return familiar.restore(of, blob);
  }

  Result<void> finish_restore() { return familiar.finish_restore(); }
};

}  // namespace

TEST_CASE("linking and first sight follow their definitions") {
  REQUIRE(rc::check("as a list of everything says", [] {
    Familiar familiar;
    Naive naive;
    for (const Request& request : requests()) {
      RC_ASSERT(play(familiar, request) == naive.play(request));
    }
  }));
}

TEST_CASE("what is familiar survives a restart anywhere") {
  REQUIRE(rc::check("as one that was never saved says", [] {
    FamiliarOptions options;
    // Sometimes so little that accounts and places are forgotten.
    options.memory_budget = *rc::gen::element<std::int64_t>(1200, 1 << 20);
    Familiar whole(options);
    Commits saved{Familiar(options)};
    testing::KeptStates kept;
    for (const Request& request : requests()) {
      const std::string expected = play(whole, request);
      RC_ASSERT(play(saved.familiar, request) == expected);
      switch (*rc::gen::inRange(0, 6)) {
        case 0:
          RC_ASSERT(kept.keep(saved.take_state()));
          saved.state_settled(true);
          break;
        case 1: {
          (void)saved.take_state();
          saved.state_settled(false);
          break;
        }
        case 2: {
          RC_ASSERT(kept.keep(saved.take_state()));
          saved.state_settled(true);
          Commits again{Familiar(options)};
          RC_ASSERT(kept.restore(again).has_value());
          saved = std::move(again);
          break;
        }
        default:
          break;
      }
    }
  }));
}

TEST_CASE("a damaged state is refused whole") {
  Commits saved{Familiar()};
  for (int i = 0; i < 20; ++i) {
    play(saved.familiar, {i, 1 + i % 3, i % 4, 0, 0, true});
  }
  const SavedState state = saved.take_state();
  for (const std::string& blob : state.blobs) {
    for (std::size_t i = 0; i < blob.size(); i += 7) {
      std::string damaged = blob;
      damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
      CHECK_FALSE(Familiar().restore(1, damaged).has_value());
      CHECK_FALSE(Familiar().restore(1, std::string_view(blob).substr(0, i)).has_value());
    }
  }
}
