#include "world.hpp"

#include <algorithm>

namespace sim {
namespace {

enum Tag : std::uint64_t { of_room = 1, of_account, of_file, of_server };

constexpr int agent_kinds = 4;
constexpr int agent_releases = 24;
constexpr int release_days = 21;

std::string letters(Random random, int count) {
  std::string text;
  for (int i = 0; i < count; ++i) {
    const int drawn = random.below(52);
    text.push_back(static_cast<char>(drawn < 26 ? 'A' + drawn : 'a' + drawn - 26));
  }
  return text;
}

std::string v4(int first, int second, int third, int fourth) {
  return std::to_string(first) + '.' + std::to_string(second) + '.' + std::to_string(third) + '.' +
         std::to_string(fourth);
}

int whole(double value, int least, int most) {
  return std::clamp(static_cast<int>(value), least, most);
}

std::string_view agent_of(const std::vector<std::string>& agents, int kind, int day_number) {
  // Each kind of client has its own day of release.
  const int release = std::min((day_number + kind * 5) / release_days, agent_releases - 1);
  return agents[static_cast<std::size_t>(kind * agent_releases + release)];
}

}  // namespace

World::World(std::uint64_t seed, int accounts) : seed_(seed) {
  make_agents();
  make_rooms(accounts);
  for (int i = 0; i < std::max(1, accounts / 250); ++i) {
    offices_.push_back(v4(81, 80 + i % 100, 12, 4 + i));
  }
  for (int i = 0; i < 8; ++i) {
    vpn_.push_back(v4(185, 220, 40, 10 + i));
  }
  for (int i = 0; i < 300; ++i) {
    ghosts_.push_back("@telegram_" + std::to_string(361502000 + i * 7919) + ":hs.example");
  }
  for (int i = 0; i < 40; ++i) {
    Random random{seed, of_server, static_cast<std::uint64_t>(i)};
    servers_.push_back({letters(random, 6) + ".example.org", v4(94, 130, i, 17),
                        1.0 / (1.0 + static_cast<double>(i))});
  }
  accounts_.reserve(static_cast<std::size_t>(accounts));
  for (int i = 0; i < accounts; ++i) {
    make_account(i);
  }
}

void World::make_agents() {
  for (int kind = 0; kind < agent_kinds; ++kind) {
    for (int release = 0; release < agent_releases; ++release) {
      const std::string number = std::to_string(release);
      const std::string browser = std::to_string(148 + release);
      desktop_agents_.push_back(
          kind == 0 ? "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:" + browser +
                          ".0) Gecko/20100101 Firefox/" + browser + ".0"
          : kind == 1 ? "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
                        "Gecko) Chrome/" +
                            browser + ".0.0.0 Safari/537.36"
          : kind == 2
              ? "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
                "Gecko) Element/1.12." +
                    number + " Chrome/140.0.0.0 Electron/38." + number + ".0 Safari/537.36"
              : "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML,"
                " like Gecko) Version/18." +
                    number + " Safari/605.1.15");
      phone_agents_.push_back(
          kind == 0   ? "Element X/26." + number + ".0 (iPhone 15; iOS 19.4; Scale/3.00)"
          : kind == 1 ? "Element X/26." + number + ".2 (Samsung SM-A546B; Android 15)"
          : kind == 2
              ? "Tchap/2.21." + number + " (iPhone 13; iOS 18.6; Scale/3.00)"
              : "Tchap/2.21." + number + " (Google Pixel 7a; Android 16; MatrixAndroidSdk2)");
    }
  }
}

void World::make_rooms(int accounts) {
  const int count = std::max(haul_rooms * 5 / 4, accounts * 4 / 5);
  rooms_.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    Random random{seed_, of_room, static_cast<std::uint64_t>(i)};
    Room room;
    room.id = "!" + letters(random, 18) + "%3Ahs.example";
    // exp(sigma²/2) is the mean of a lognormal of median 1.
    room.messages = whole(random.lognormal(734 / std::exp(1.2 * 1.2 / 2), 1.2), 5, 40000);
    room.files = whole(room.messages * 0.0924 * random.lognormal(0.88, 0.5), 0, 4000);
    room.members = whole(random.lognormal(250 / std::exp(1.0 / 2), 1.0), 3, 8000);
    room.world_readable = random.chance(0.15);
    rooms_.push_back(std::move(room));
  }
}

void World::make_account(int index) {
  Random random{seed_, of_account, static_cast<std::uint64_t>(index)};
  Account account;
  account.id = person(index);
  account.home_is_v6 = random.chance(0.4);
  account.home =
      account.home_is_v6
          ? "2a01:e0a:" + std::to_string(index / 1000) + ":" + std::to_string(index % 1000) + "::"
          : v4(78 + random.below(20), random.below(256), random.below(256), 1 + random.below(254));
  account.office = random.below(static_cast<int>(offices_.size()));
  account.carrier = random.below(4);
  account.pace = random.lognormal(0.83, 0.6) * (random.chance(0.03) ? 3 : 1);
  account.starts = std::clamp(8.6 + 0.7 * random.normal(), 6.0, 11.0);
  account.ends = std::clamp(17.8 + 1.0 * random.normal(), 14.0, 21.5);
  account.shift = random.chance(0.02);
  account.has_desktop = random.chance(0.75);
  account.uses_vpn = random.chance(0.1);
  account.desktop_agent = random.below(agent_kinds);
  account.phone_agent = random.below(agent_kinds);
  const int rooms = whole(random.lognormal(15, 0.8), 3, 250);
  const int known = static_cast<int>(rooms_.size());
  for (int i = 0; i < rooms; ++i) {
    account.rooms.push_back(static_cast<int>(std::pow(random.unit(), 1.5) * known));
  }
  std::sort(account.rooms.begin(), account.rooms.end());
  account.rooms.erase(std::unique(account.rooms.begin(), account.rooms.end()), account.rooms.end());
  // The favourite rooms stand first.
  for (std::size_t i = account.rooms.size(); i > 1; --i) {
    std::swap(account.rooms[i - 1],
              account.rooms[static_cast<std::size_t>(random.below(static_cast<int>(i)))]);
  }
  accounts_.push_back(std::move(account));
}

std::string World::media(int room, int index) const {
  return "hs.example/" + letters(Random{seed_, of_file, static_cast<std::uint64_t>(room),
                                        static_cast<std::uint64_t>(index)},
                                 24);
}

std::int64_t World::media_bytes(int room, int index) const {
  Random random{seed_, of_file, static_cast<std::uint64_t>(room), static_cast<std::uint64_t>(index),
                1};
  const double drawn = random.lognormal(229000 / std::exp(1.4 * 1.4 / 2), 1.4);
  return static_cast<std::int64_t>(std::min(drawn, 50e6)) + 200;
}

bool World::media_is_open(int room, int index) const {
  return Random{seed_, of_file, static_cast<std::uint64_t>(room), static_cast<std::uint64_t>(index),
                2}
      .chance(0.5);
}

std::string World::person(int index) const {
  return "@p" + std::to_string(100000 + index) + ":hs.example";
}

std::string_view World::desktop_agent(const Account& account, int day_number) const {
  return agent_of(desktop_agents_, account.desktop_agent, day_number);
}

std::string_view World::phone_agent(const Account& account, int day_number) const {
  return agent_of(phone_agents_, account.phone_agent, day_number);
}

}  // namespace sim
