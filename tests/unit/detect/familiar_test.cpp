// What events are told about who sent them and from where.

#include "detect/familiar.hpp"

#include <deque>

#include "detect/agent.hpp"
#include "support/catch.hpp"
#include "support/event_builder.hpp"

using namespace noci;
using namespace std::chrono_literals;
using test::day_one;
using test::EventBuilder;

namespace {

constexpr auto day = 24h;

/// One noci that plays requests and gives back what it says of them.
struct Watch {
  explicit Watch(FamiliarOptions options = {}) : familiar(std::move(options)) {}

  /// The texts of the answer live as long as the watch.
  Event see(EventBuilder& builder) {
    Event event = builder.event();
    familiar.regard(event, event.timestamp);
    for (std::string_view* text : {&event.actor_id, &event.source_network, &event.source_country,
                                   &event.source_as, &event.source_as_name}) {
      *text = kept.emplace_back(*text);
    }
    candidates.clear();
    for (const std::string_view each : event.candidates) {
      candidates.emplace_back(each);
    }
    return event;
  }

  Event request(Duration at, std::string_view user, std::string_view ip,
                std::string_view agent = "Element/1.0") {
    EventBuilder builder;
    builder.at(at).user(user).ip(ip).agent(agent);
    return see(builder);
  }

  Event anonymous(Duration at, std::string_view ip, std::string_view agent = "Element/1.0") {
    return request(at, "", ip, agent);
  }

  /// So long that everything an account does is told apart from what it did.
  void live(std::string_view user, std::string_view ip, int days = 8) {
    for (int i = 0; i < days; ++i) {
      request(i * day + 10h, user, ip);
    }
  }

  Familiar familiar;
  std::vector<std::string> candidates;
  std::deque<std::string> kept;
};

class Atlas final : public Geography {
 public:
  [[nodiscard]] Whereabouts locate(const IpAddress& address) const override {
    const std::string text = address.to_string();
    if (text == "192.0.2.1") {
      return {"FR", 64500, "Example Paris", Coordinates{48.86, 2.35}};
    }
    if (text == "192.0.2.2") {
      return {"FR", 64500, "Example Paris", Coordinates{48.80, 2.13}};  // Versailles
    }
    if (text == "198.51.100.1") {
      return {"US", 64501, "Example New York", Coordinates{40.71, -74.01}};
    }
    return {};
  }
};

std::string network(std::string_view address) {
  return std::string(Watch().anonymous(0h, address).source_network);
}

}  // namespace

TEST_CASE("the network of an address is its /24 or /64") {
  CHECK(network("192.0.2.77") == "192.0.2.0/24");
  CHECK(network("::ffff:192.0.2.77") == "192.0.2.0/24");
  CHECK(network("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::/64");
  CHECK(network("fe80::1%eth0") == "fe80::/64");
  CHECK(network("").empty());
  CHECK(network("/run/synapse.sock").empty());
  CHECK(network("1.2.3").empty());
}

TEST_CASE("one event's network never shows in another's, nor replaces what is there") {
  Watch watch;
  watch.anonymous(0h, "192.0.2.77");
  CHECK(watch.anonymous(0h, "nowhere").source_network.empty());
  EventBuilder builder;
  builder.ip("192.0.2.77").network("said before").actor("@said:hs");
  const Event event = watch.see(builder);
  CHECK(event.source_network == "said before");
  CHECK(event.actor_id == "@said:hs");
}

TEST_CASE("a proven request is its account's") {
  Watch watch;
  const Event event = watch.request(0h, "@a:hs", "192.0.2.1");
  CHECK(event.actor_id == "@a:hs");
  CHECK(event.actor_linked == false);
  CHECK(event.text(Field::actor_linked) == "false");
}

TEST_CASE("an anonymous request is linked to the only account of its address and agent") {
  Watch watch;
  watch.request(0min, "@a:hs", "192.0.2.1", "one");
  watch.request(0min, "@b:hs", "192.0.2.1", "two");
  CHECK(watch.anonymous(30min, "192.0.2.1", "one").actor_id == "@a:hs");
  CHECK(watch.anonymous(30min, "192.0.2.1", "one").actor_linked == true);
  CHECK(watch.anonymous(30min, "192.0.2.1", "two").actor_id == "@b:hs");
  CHECK(watch.anonymous(30min, "192.0.2.1", "three").actor_id.empty());
  CHECK(watch.anonymous(30min, "192.0.2.9", "one").actor_id.empty());
  CHECK_FALSE(watch.anonymous(30min, "192.0.2.9", "one").actor_linked.has_value());
  CHECK(watch.anonymous(31min, "192.0.2.1", "one").actor_id.empty());
}

TEST_CASE("of several candidates none is charged and all are named") {
  Watch watch;
  watch.request(0min, "@a:hs", "192.0.2.1");
  watch.request(20min, "@b:hs", "192.0.2.1");
  const Event event = watch.anonymous(25min, "192.0.2.1");
  CHECK(event.actor_id.empty());
  CHECK_FALSE(event.actor_linked.has_value());
  CHECK(watch.candidates == std::vector<std::string>{"@a:hs", "@b:hs"});
  CHECK(watch.anonymous(45min, "192.0.2.1").actor_id == "@b:hs");
  for (int i = 0; i < 20; ++i) {
    watch.request(46min, "@many" + std::to_string(i) + ":hs", "192.0.2.1");
  }
  watch.anonymous(46min, "192.0.2.1");
  CHECK(watch.candidates.size() == detect::Place::most_candidates);
}

TEST_CASE("another homeserver's account, and another server's request, are no candidates") {
  Watch watch;
  EventBuilder here;
  watch.see(here.homeserver("one").user("@a:one").ip("192.0.2.1").agent("x"));
  EventBuilder there;
  CHECK(watch.see(there.homeserver("two").ip("192.0.2.1").agent("x")).actor_id.empty());
  EventBuilder remote;
  remote.homeserver("one").server("peer").ip("192.0.2.1").agent("x");
  CHECK(watch.see(remote).actor_id.empty());
  EventBuilder plain;
  CHECK(watch.see(plain.homeserver("one").ip("192.0.2.1").agent("x")).actor_id == "@a:one");
}

TEST_CASE("requests from a shared address are never linked, while it is listed") {
  auto list = std::make_shared<List>();
  list->name = "shared_addresses";
  list->entries = {{"192.0.2.*", day_one + 10h, {}, {}}};
  Watch watch;
  watch.familiar.use_lists({list});
  watch.request(1h, "@a:hs", "192.0.2.1");
  CHECK(watch.anonymous(1h, "192.0.2.1").actor_id.empty());
  CHECK(watch.candidates.empty());
  watch.request(11h, "@a:hs", "192.0.2.1");
  CHECK(watch.anonymous(11h, "192.0.2.1").actor_id == "@a:hs");
}

TEST_CASE("nothing is new until the account is known well enough") {
  Watch watch;
  for (int i = 0; i < 3; ++i) {
    const Event event = watch.request(i * day, "@a:hs", "192.0.2." + std::to_string(i));
    CHECK_FALSE(event.novelty.of(Trait::network).has_value());
    CHECK(event.known_days_account == i);
  }
  // 72 hours, and the fourth day of use.
  const Event event = watch.request(3 * day, "@a:hs", "192.0.2.77");
  CHECK(event.text(Field::first_seen_address) == "true");
  CHECK(event.text(Field::first_seen_network) == "false");
  CHECK(event.text(Field::first_seen_agent) == "false");
  // What it used while it warmed up is not new afterwards.
  CHECK(watch.request(3 * day, "@a:hs", "192.0.2.2").text(Field::first_seen_address) == "false");
}

TEST_CASE("what is new stays new for a day, and is forgotten after two months") {
  Watch watch;
  watch.live("@a:hs", "192.0.2.1");
  const auto is_new = [&](Duration at) {
    return watch.request(at, "@a:hs", "198.51.100.7").text(Field::first_seen_network);
  };
  CHECK(is_new(8 * day) == "true");
  CHECK(watch.request(8 * day, "@a:hs", "192.0.2.1").text(Field::first_seen_network) == "false");
  CHECK(is_new(8 * day + 23h) == "true");
  CHECK(is_new(9 * day) == "false");
  const Event later = watch.request(15 * day, "@a:hs", "198.51.100.7");
  CHECK(later.known_days_network == 7);
  CHECK(later.known_days_address == 7);
  for (int i = 16; i < 80; i += 10) {
    watch.request(i * day, "@a:hs", "192.0.2.1");
  }
  CHECK(is_new(80 * day) == "true");
}

TEST_CASE("agents are products, and actions and servers of rooms are told apart") {
  Watch watch;
  watch.live("@a:hs", "192.0.2.1");
  EventBuilder known;
  known.at(8 * day).user("@a:hs").ip("192.0.2.1").agent("Element/2.0").room("!r:hs");
  const Event event = watch.see(known);
  CHECK(event.text(Field::first_seen_agent) == "false");
  CHECK(event.text(Field::first_seen_action) == "false");
  CHECK(event.text(Field::first_seen_server) == "true");
  CHECK_FALSE(event.novelty.of(Trait::country).has_value());
  EventBuilder script;
  script.at(8 * day).user("@a:hs").ip("192.0.2.1").agent("curl/8").action(Action::room_members);
  const Event other = watch.see(script);
  CHECK(other.text(Field::first_seen_agent) == "true");
  CHECK(other.text(Field::first_seen_action) == "true");
  CHECK(other.text(Field::first_seen_server).empty());
}

TEST_CASE("an hour is new when neither it nor its neighbours were used on such days") {
  Watch watch;
  watch.live("@a:hs", "192.0.2.1", 9);  // day_one is a Sunday; 10:00 UTC each day
  const auto is_new = [&](Duration at) {
    return watch.request(at, "@a:hs", "192.0.2.1").text(Field::first_seen_hour);
  };
  CHECK(is_new(9 * day + 11h) == "false");
  CHECK(is_new(9 * day + 2h) == "true");
  CHECK(is_new(9 * day + 2h + 59min) == "true");
  CHECK(is_new(10 * day + 1h) == "false");  // beside the night before, which was used
  EventBuilder sync;
  sync.at(10 * day + 20h).user("@a:hs").ip("192.0.2.1").agent("x").action(Action::sync);
  CHECK(watch.see(sync).text(Field::first_seen_hour).empty());
  CHECK(is_new(10 * day + 20h) == "true");
  CHECK(is_new(13 * day + 3h) == "true");  // a Saturday
}

TEST_CASE("hours of the day are those of the source's zone") {
  FamiliarOptions options;
  options.zones = {*Zone::find("Europe/Paris")};
  Watch watch(std::move(options));
  watch.live("@a:hs", "192.0.2.1", 20);
  // Half past midnight on Saturdays there; 22:30 on Fridays by UTC. day_one is a Sunday.
  watch.request(5 * day + 22h + 30min, "@a:hs", "192.0.2.1");
  watch.request(12 * day + 22h + 30min, "@a:hs", "192.0.2.1");
  const auto is_new = [&](Duration at) {
    return watch.request(at, "@a:hs", "192.0.2.1").text(Field::first_seen_hour);
  };
  CHECK(is_new(20 * day + 22h + 30min) == "false");  // Sunday there
  CHECK(is_new(21 * day + 22h + 30min) == "true");   // Monday there
}

TEST_CASE("a new account is told from an old one once all were seen") {
  Watch watch;
  CHECK_FALSE(watch.request(0h, "@a:hs", "192.0.2.1").novelty.of(Trait::account).has_value());
  watch.live("@a:hs", "192.0.2.1");
  CHECK(watch.request(8 * day, "@a:hs", "192.0.2.1").text(Field::first_seen_account) == "false");
  const Event fresh = watch.request(8 * day, "@b:hs", "192.0.2.1");
  CHECK(fresh.text(Field::first_seen_account) == "true");
  CHECK_FALSE(fresh.novelty.of(Trait::network).has_value());
  CHECK(fresh.known_days_account == 0);
}

TEST_CASE("where an address is comes from the geography") {
  Watch watch;
  watch.familiar.use_geography(std::make_shared<Atlas>());
  const Event event = watch.request(0h, "@a:hs", "192.0.2.1");
  CHECK(event.source_country == "FR");
  CHECK(event.source_as == "AS64500");
  CHECK(event.source_as_name == "Example Paris");
  CHECK(watch.anonymous(0h, "203.0.113.1").source_country.empty());
  watch.live("@a:hs", "192.0.2.1");
  const Event far = watch.request(8 * day, "@a:hs", "198.51.100.1");
  CHECK(far.text(Field::first_seen_country) == "true");
  CHECK(far.text(Field::first_seen_as) == "true");
  watch.familiar.use_geography(nullptr);
  CHECK(watch.request(8 * day, "@a:hs", "192.0.2.1").source_country.empty());
}

TEST_CASE("the speed it takes to be elsewhere is never overstated") {
  Watch watch;
  watch.familiar.use_geography(std::make_shared<Atlas>());
  CHECK_FALSE(watch.request(0h, "@a:hs", "192.0.2.1").travel_kmh.has_value());
  CHECK(watch.request(1min, "@a:hs", "192.0.2.2").travel_kmh == 0);  // 17 km are no journey
  CHECK_FALSE(watch.request(1min, "@b:hs", "198.51.100.1").travel_kmh.has_value());
  CHECK_FALSE(watch.request(2min, "@a:hs", "203.0.113.1").travel_kmh.has_value());
  // Paris to New York: 5,837 km along the great circle.
  const Event flight = watch.request(10h, "@a:hs", "198.51.100.1");
  CHECK(*flight.travel_kmh > 5837 / 10 - 10);
  CHECK(*flight.travel_kmh < 5837 / 10 + 10);
  CHECK(*watch.request(10h + 19min, "@a:hs", "192.0.2.1").travel_kmh > 5837 * 3 - 100);
  CHECK(*watch.request(10h + 19min, "@a:hs", "192.0.2.1").travel_kmh == 0);
}

TEST_CASE("products of agents have no versions") {
  CHECK(detect::product_of("Element/1.6.8 (Google Pixel 7; Android 14; x)") ==
        "Element (Google Pixel 7)");
  CHECK(detect::product_of("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, "
                           "like Gecko) Element/1.11.50 Chrome/118.0.5993.159 Electron/27.1.3 "
                           "Safari/537.36") ==
        "Mozilla (Windows NT 10.0) AppleWebKit Element Chrome Electron Safari");
  CHECK(detect::product_of("mautrix-telegram/0.15.1 mautrix-python/0.20.4 Python/3.11.6") ==
        "mautrix-telegram mautrix-python Python");
  CHECK(detect::product_of("matrix-bot-sdk") == "matrix-bot-sdk");
  CHECK(detect::product_of("") == "");
  CHECK(detect::product_of("((((") == "(((()");
  CHECK(detect::product_of(std::string(5000, 'x')).size() == 256);
}

TEST_CASE("memory stays within its budget, and what is forgotten is counted") {
  FamiliarOptions options;
  options.memory_budget = 200'000;
  Watch watch(std::move(options));
  for (int i = 0; i < 5000; ++i) {
    watch.request(i * 1min, "@user" + std::to_string(i) + ":hs", "192.0.2.1",
                  "agent " + std::to_string(i));
  }
  const FamiliarStats stats = watch.familiar.stats();
  CHECK(stats.memory_bytes < 210'000);
  CHECK(stats.evicted_accounts > 1000);
  // Whether an account is new can no longer be said.
  CHECK_FALSE(watch.request(10 * day, "@new:hs", "192.0.2.1").novelty.of(Trait::account));
}

TEST_CASE("times that no log has are left alone") {
  Watch watch;
  for (const Duration at : {-day_one.time_since_epoch() - 1h, Duration{std::int64_t{1} << 49}}) {
    CHECK(watch.request(at, "@a:hs", "192.0.2.1").actor_id == "@a:hs");
  }
  CHECK(watch.familiar.stats().accounts == 0);
}
