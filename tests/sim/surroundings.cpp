#include "surroundings.hpp"

#include <algorithm>
#include <array>

namespace sim {
namespace {

constexpr std::string_view inside = "10.0.0.9";
constexpr std::string_view script_agent = "Python/3.12 aiohttp/3.11.11";
constexpr std::string_view browser =
    "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0";
constexpr std::array<std::string_view, 3> admins{"@root:hs.example", "@it.durand:hs.example",
                                                 "@it.moreau:hs.example"};
constexpr std::array<std::string_view, 8> probes{"/wp-login.php",
                                                 "/.env",
                                                 "/.git/config",
                                                 "/phpmyadmin/index.php",
                                                 "/actuator/health",
                                                 "/cgi-bin/luci",
                                                 "/_matrix/client/versions",
                                                 "/vendor/phpunit/phpunit/phpunit.xml"};

Random numbers(const World& world, std::uint64_t what, int day_number) {
  return Random{world.seed(), 200, what, static_cast<std::uint64_t>(day_number)};
}

Milliseconds start_of(int day_number) {
  return beginning + day_number * day;
}

std::string number(int value) {
  return std::to_string(value);
}

}  // namespace

void Surroundings::live(int day_number, std::vector<Request>& sink) {
  bots(day_number, sink);
  bridge(day_number, sink);
  administrators(day_number, sink);
  servers(day_number, sink);
  scanners(day_number, sink);
}

void Surroundings::bots(int day_number, std::vector<Request>& sink) {
  Random random = numbers(world_, 1, day_number);
  Hand hand(world_, random, sink);
  const Milliseconds midnight = start_of(day_number);
  hand.identity = {draupnir, inside, script_agent};
  for (int round = 0; round < 6; ++round) {
    for (int room = 0; room < 150; ++room) {
      const Room& known = world_.rooms()[static_cast<std::size_t>(room)];
      hand.ask(midnight + round * 4 * hour + room * 900, Method::get,
               "/_matrix/client/v3/rooms/" + known.id + "/state",
               3000 + std::int64_t{known.members} * 650);
    }
  }
  hand.identity = {archive_bot, inside, archive_agent};
  Milliseconds at = midnight + 2 * hour;
  for (int room = 0; room < 300; ++room) {
    at += 300 + random.below(900);
    hand.read_page(at, room, 100, random.poisson(14));
    if (random.chance(0.5)) {
      hand.download(at + 100, room, 5000 + day_number);
    }
  }
  hand.identity = {"@feeds:hs.example", inside, script_agent};
  for (int i = 0; i < 200; ++i) {
    hand.send(midnight + static_cast<Milliseconds>(random.unit() * day), random.below(30));
  }
}

void Surroundings::bridge(int day_number, std::vector<Request>& sink) {
  Random random = numbers(world_, 2, day_number);
  Hand hand(world_, random, sink);
  const Milliseconds midnight = start_of(day_number);
  for (int i = 0; i < 1500; ++i) {
    const std::string& ghost = world_.ghosts()[static_cast<std::size_t>(random.below(300))];
    hand.identity = {ghost, inside, "mautrix-telegram/0.15.3"};
    hand.send(midnight + static_cast<Milliseconds>((7 + 16 * random.unit()) * hour),
              random.below(40));
  }
  hand.identity = {bridge_bot, inside, "mautrix-telegram/0.15.3"};
  for (int i = 0; i < 150; ++i) {
    hand.download(midnight + static_cast<Milliseconds>((7 + 16 * random.unit()) * hour),
                  random.below(40), 3000 + day_number * 150 + i);
  }
  for (int i = random.poisson(0.3); i > 0; --i) {
    // A portal is made: its ghosts join one after the other.
    const Milliseconds at = midnight + static_cast<Milliseconds>((8 + 12 * random.unit()) * hour);
    const int room = random.below(40);
    for (int ghost = 0; ghost < 50; ++ghost) {
      hand.identity.who = world_.ghosts()[static_cast<std::size_t>(random.below(300))];
      hand.join(at + ghost * 700, room);
    }
  }
}

void Surroundings::administrators(int day_number, std::vector<Request>& sink) {
  Random random = numbers(world_, 3, day_number);
  Hand hand(world_, random, sink);
  const Milliseconds midnight = start_of(day_number);
  for (std::size_t who = 0; who < admins.size() && day_number % 7 < 5; ++who) {
    hand.identity = {admins[who], world_.offices()[0], browser};
    const auto sometime = [&] {
      return midnight + static_cast<Milliseconds>((8.5 + 9 * random.unit()) * hour);
    };
    for (int i = random.poisson(10); i > 0; --i) {
      const Milliseconds at = sometime();
      const std::string person = encoded(world_.person(random.below(directory_size)));
      hand.ask(at, Method::get,
               "/_synapse/admin/v2/users?from=0&limit=10&guests=false&name=p1" +
                   number(random.below(9999)),
               4000);
      hand.ask(at + 4 * second, Method::get, "/_synapse/admin/v2/users/" + person, 900);
      if (random.chance(0.4)) {
        hand.ask(at + 9 * second, Method::get, "/_synapse/admin/v2/users/" + person + "/devices",
                 1200);
        hand.ask(at + 11 * second, Method::get, "/_synapse/admin/v1/whois/" + person, 1500);
      }
      if (random.chance(0.1)) {
        hand.ask(at + 60 * second, Method::post, "/_synapse/admin/v1/reset_password/" + person, 2);
      }
    }
    for (int i = random.poisson(1.5); i > 0; --i) {
      const Milliseconds at = sometime();
      hand.ask(at, Method::get, "/_synapse/admin/v1/rooms?from=0&limit=50&order_by=name", 50 * 450);
      hand.ask(at + 8 * second, Method::get,
               "/_synapse/admin/v1/rooms/" +
                   world_.rooms()[static_cast<std::size_t>(random.below(800))].id,
               800);
    }
    if (random.chance(0.1)) {
      Milliseconds at = sometime();
      for (int page = 0; page < 2 + random.below(9); ++page) {
        at += (4 + random.below(20)) * second;
        hand.ask(at, Method::get,
                 "/_synapse/admin/v2/users?from=" + number(page * 50) +
                     "&limit=50&guests=false&order_by=name",
                 50 * 400);
      }
    }
  }
  hand.identity = {ops, "127.0.0.1", "curl/8.5.0"};
  for (int page = 0; page < 5; ++page) {
    hand.ask(midnight + 3 * hour + page * second, Method::get,
             "/_synapse/admin/v1/rooms?limit=1000&from=" + number(page * 1000), 1000 * 450);
    hand.ask(midnight + 3 * hour + (10 + page) * second, Method::get,
             "/_synapse/admin/v2/users?limit=1000&from=" + number(page * 1000), 1000 * 400);
  }
}

void Surroundings::servers(int day_number, std::vector<Request>& sink) {
  Random random = numbers(world_, 4, day_number);
  Hand hand(world_, random, sink);
  const Milliseconds midnight = start_of(day_number);
  for (const Server& server : world_.servers()) {
    hand.identity = {server.name, server.address, "Synapse/1.155.0"};
    const double weight = server.weight;
    const auto sometime = [&] { return midnight + static_cast<Milliseconds>(random.unit() * day); };
    for (int i = random.poisson(1440 * weight); i > 0; --i) {
      hand.ask(sometime(), Method::put,
               "/_matrix/federation/v1/send/" + number(random.below(1000000000)), 11);
    }
    for (int i = random.poisson(300 * weight); i > 0; --i) {
      hand.ask(sometime(), Method::post, "/_matrix/federation/v1/user/keys/query", 2500);
    }
    for (int i = random.poisson(40 * weight); i > 0; --i) {
      hand.ask(sometime(), Method::get,
               "/_matrix/federation/v1/query/profile?user_id=" +
                   encoded(world_.person(random.below(5000))),
               110);
    }
    for (int i = random.poisson(60 * weight); i > 0; --i) {
      hand.ask(sometime(), Method::get,
               "/_matrix/federation/v1/event/%24" + std::to_string(random.next()), 1500);
    }
    for (int i = random.poisson(5 * weight); i > 0; --i) {
      const Milliseconds at = sometime();
      const Room& room = world_.rooms()[static_cast<std::size_t>(random.below(400))];
      hand.ask(at, Method::get,
               "/_matrix/federation/v1/make_join/" + room.id + "/%40u%3A" + server.name, 900);
      hand.ask(
          at + second, Method::put,
          "/_matrix/federation/v2/send_join/" + room.id + "/%24" + std::to_string(random.next()),
          5000 + std::int64_t{room.members} * 1500);
      for (int page = random.below(4); page > 0; --page) {
        hand.ask(at + (3 + page) * second, Method::get,
                 "/_matrix/federation/v1/backfill/" + room.id + "?v=%24e&limit=100", 100 * 1000);
      }
    }
    for (int i = random.poisson(80 * weight); i > 0; --i) {
      const int index = random.below(60);
      hand.ask(sometime(), Method::get,
               "/_matrix/federation/v1/media/download/" +
                   world_.media(random.below(400), index).substr(11),
               300 + world_.media_bytes(random.below(400), index));
    }
    if (random.chance(0.05)) {
      catch_up(server, sometime(), hand, random);
    }
  }
}

void Surroundings::catch_up(const Server& server, Milliseconds at, Hand& hand, Random& random) {
  const int rooms = 1 + static_cast<int>(9 * std::min(1.0, 4 * server.weight) * random.unit());
  for (int i = 0; i < rooms; ++i) {
    const Room& room = world_.rooms()[static_cast<std::size_t>(random.below(400))];
    for (int gap = 3 + random.below(8); gap > 0; --gap) {
      hand.ask(at += second, Method::post, "/_matrix/federation/v1/get_missing_events/" + room.id,
               15 * 1000);
    }
    hand.ask(at += second, Method::get,
             "/_matrix/federation/v1/state_ids/" + room.id + "?event_id=%24e",
             2000 + std::int64_t{room.members} * 100);
    for (int page = random.below(7); page > 0; --page) {
      hand.ask(at += second, Method::get,
               "/_matrix/federation/v1/backfill/" + room.id + "?v=%24e&limit=100", 100 * 1000);
    }
  }
}

void Surroundings::scanners(int day_number, std::vector<Request>& sink) {
  Random random = numbers(world_, 5, day_number);
  Hand hand(world_, random, sink);
  const Milliseconds midnight = start_of(day_number);
  for (int i = 0; i < 28; ++i) {
    const std::string_view address =
        held_.emplace_back("45." + number(random.below(256)) + "." + number(random.below(256)) +
                           "." + number(random.below(256)));
    hand.identity = {{}, address, i % 2 == 0 ? "Mozilla/5.0 zgrab/0.x" : "curl/8.5.0"};
    Milliseconds at = midnight + static_cast<Milliseconds>(random.unit() * day);
    if (i < 25) {
      for (int tries = std::min(400, 5 + static_cast<int>(random.exponential(40))); tries > 0;
           --tries) {
        at += 50 + random.below(2000);
        hand.ask(at, Method::get, std::string(probes[static_cast<std::size_t>(random.below(8))]),
                 60, 404);
      }
      continue;
    }
    for (int tries = 3 + random.below(12); tries > 0; --tries) {
      at += (2 + random.below(60)) * second;
      hand.failed_login(at, tries % 2 == 0 ? "@admin:hs.example" : "@test:hs.example", false);
    }
  }
}

}  // namespace sim
