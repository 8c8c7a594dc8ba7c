#include "app/theft_log.hpp"

#include <map>
#include <set>

#include "app/tune_thefts.hpp"
#include "pipeline/event_reader.hpp"
#include "support/catch.hpp"
#include "support/event_builder.hpp"

using namespace noci;
using std::chrono::hours;
using test::day_one;

namespace {

const Victim victim{"hs.test", "@v:hs.test", "192.0.2.7", "Element/1.2 \"beta\""};

struct Read {
  Haul haul;
  std::set<std::string> users, addresses, agents, homeservers;
  std::size_t errors = 0;
};

/// What noci itself reads in the lines, up to a time.
Read read(const TheftShape& shape, TimePoint until) {
  TheftLog log(shape, victim, day_one, 3);
  SourceInfo source;
  source.name = "theft";
  EventReader reader({source});
  Read read;
  std::set<std::string> rooms;
  while (const auto chunk = log.next(0)) {
    reader.feed(*chunk, [&](const Event& event) {
      read.errors += event.kind != Kind::request ? 1 : 0;
      if (event.timestamp > until) {
        return;
      }
      read.users.emplace(event.user_id);
      read.addresses.emplace(event.source_ip);
      read.agents.emplace(event.user_agent);
      read.homeservers.emplace(event.homeserver);
      if (event.action == Action::room_join) {
        rooms.emplace(event.room_id);
      }
      if ((event.action == Action::media_download ||
           event.action == Action::media_download_legacy)) {
        ++read.haul.files;
        read.haul.bytes += event.bytes.value_or(0);
      }
      read.haul.messages += event.action == Action::room_messages ? event.limit.value_or(0) : 0;
      read.haul.people += event.action == Action::user_directory_search ? 50 : 0;
    });
  }
  read.haul.rooms = static_cast<std::int64_t>(rooms.size());
  return read;
}

void check_equal(const Haul& a, const Haul& b) {
  CHECK(a.rooms == b.rooms);
  CHECK(a.messages == b.messages);
  CHECK(a.files == b.files);
  CHECK(a.bytes == b.bytes);
  CHECK(a.people == b.people);
}

const TheftShape& shape_named(std::string_view name) {
  for (const TheftShape& shape : theft_shapes()) {
    if (shape.name == name) {
      return shape;
    }
  }
  FAIL("no shape " << name);
  return theft_shapes().front();
}

}  // namespace

TEST_CASE("what a made theft says was taken is what its lines say") {
  for (const TheftShape& shape : theft_shapes()) {
    if (shape.share == 1 && shape.history) {
      continue;  // seventy thousand lines of the same kind
    }
    CAPTURE(shape.name);
    const TheftLog log(shape, victim, day_one, 3);
    const Read all = read(shape, day_one + shape.takes);
    CHECK(all.errors == 0);
    check_equal(log.total(), all.haul);
    const TimePoint middle = day_one + shape.takes / 3;
    check_equal(log.taken_by(middle), read(shape, middle).haul);
    CHECK(all.users == std::set<std::string>{shape.has_token ? "@v:hs.test" : ""});
    CHECK(all.homeservers == std::set<std::string>{"hs.test"});
    CHECK(all.addresses == std::set<std::string>{"2001:db8:3::1"});
  }
}

TEST_CASE("a made theft is the haul of June 2026") {
  // As the DINUM's report has it; rounded up to whole pages and files a room.
  const Haul haul = TheftLog(shape_named("two hours"), victim, day_one, 1).total();
  CHECK(haul.rooms == 876);
  CHECK(haul.messages == Approx(643'459).epsilon(0.1));
  CHECK(haul.files == Approx(59'386).epsilon(0.02));
  CHECK(static_cast<double>(haul.bytes) == Approx(13.5e9).epsilon(0.02));
}

TEST_CASE("from the owner's desk it has the owner's address and agent") {
  TheftLog log(shape_named("three days, from the owner's desk"), victim, day_one, 1);
  EventReader reader({SourceInfo{}});
  const auto chunk = log.next(0);
  REQUIRE(chunk);
  reader.feed(*chunk, [&](const Event& event) {
    REQUIRE(event.source_ip == victim.address);
    REQUIRE(event.user_agent == victim.agent);
  });
  Alert alert;
  alert.key = {{Field::source_ip, victim.address}};
  CHECK_FALSE(log.is_named_by(alert));  // others sit there, too
  alert.key = {{Field::user_id, victim.account}};
  CHECK(log.is_named_by(alert));
}

TEST_CASE("ordinary accounts are those in the middle") {
  Population population;
  const auto ask = [&](const std::string& user, int times) {
    for (int i = 0; i < times; ++i) {
      test::EventBuilder builder;
      builder.at(hours{i}).user(user).ip("192.0.2." + std::to_string(i)).action(Action::sync);
      population.see(builder.event());
    }
  };
  CHECK(population.ordinary(1)[0].account == "@nobody-1:theft.invalid");
  ask("@bot:hs", 9);
  ask("@silent:hs", 1);
  ask("@usual:hs", 4);
  const auto victims = population.ordinary(1);
  CHECK(victims[0].account == "@usual:hs");
  CHECK(victims[0].address == "192.0.2.3");
}

TEST_CASE("a theft begins on a working morning in the second half") {
  Population population;
  const auto see = [&](TimePoint at) {
    Event event = test::EventBuilder().user("@a:hs").action(Action::sync).event();
    event.timestamp = at;
    population.see(event);
  };
  const auto at = [](const char* text) { return *parse_rfc3339(text); };
  CHECK(population.morning(Zone::utc()) == TimePoint{});
  see(at("2026-06-01T00:00:00Z"));
  see(at("2026-06-02T08:00:00Z"));
  CHECK(population.morning(Zone::utc()) == at("2026-06-01T16:00:00Z"));
  see(at("2026-06-11T00:00:00Z"));
  // The middle is a Saturday.
  CHECK(population.morning(Zone::utc()) == at("2026-06-08T10:00:00Z"));
  CHECK(population.morning(*Zone::find("Europe/Paris")) == at("2026-06-08T08:00:00Z"));
}
