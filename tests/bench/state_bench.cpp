// What a state of that size holds, as the kernel counts it: ACCOUNTS accounts with an address each,
// all active within a day under the shipped rules, and quiet ones of 50 events a day.
//   state_bench ACCOUNTS         prints `name value` lines
//   state_bench ACCOUNTS DAYS    instead: twenty events a day of each, so many days long, with what
//   is
//                                familiar of them

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <malloc.h>

#include "detect/engine.hpp"
#include "detect/familiar.hpp"
#include "settings/rules.hpp"

using namespace noci;

namespace {

constexpr std::int64_t budget = std::int64_t{8} << 30;

/// Bytes of this process in memory.
double resident() {
  malloc_trim(0);
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  unsigned long pages = 0;
  if (file == nullptr || std::fscanf(file, "%*s %lu", &pages) != 1) {
    std::abort();
  }
  std::fclose(file);
  return static_cast<double>(pages) * 4096;
}

/// Of an account's day: mostly syncs, now and then a room, a medium, somebody else's name.
void apply(Engine& engine, std::uint64_t account, std::uint64_t turn, TimePoint time,
           Familiar* familiar = nullptr) {
  static std::vector<Alert> alerts;
  const std::uint64_t mix = (account * 1000 + turn) * 0x9e3779b97f4a7c15 >> 32;
  const std::string user = "@person" + std::to_string(account) + ":matrix.example.org";
  const std::string address =
      std::to_string(11 + (account >> 20)) + "." + std::to_string(account >> 12 & 255) + "." +
      std::to_string(account >> 4 & 255) + "." + std::to_string((account & 15) * 16 + 1);
  const std::string room = "!room" + std::to_string(mix % 40'000) + ":matrix.example.org";
  const std::string medium = "matrix.example.org/medium" + std::to_string(mix % 1'000'000);
  Event event;
  event.kind = Kind::request;
  event.timestamp = time;
  event.user_id = user;
  event.source_ip = address;
  event.status = 200;
  event.bytes = static_cast<std::int64_t>(mix % 20'000);
  event.action = Action::sync;
  if (mix % 10 == 0) {
    event.action = Action::room_messages;
    event.room_id = room;
    event.messages = 20;
  } else if (mix % 10 == 1) {
    event.action = Action::media_download;
    event.media_id = medium;
  }
  if (familiar != nullptr) {
    familiar->regard(event, time);
  }
  engine.apply(event, alerts);
  alerts.clear();
}

void print_size(const Engine& engine) {
  std::printf("resident_bytes %.0f\n", resident());
  std::printf("keys %llu\n", static_cast<unsigned long long>(engine.stats().keys));
  std::printf("estimated_bytes %llu\n",
              static_cast<unsigned long long>(engine.stats().memory_bytes));
}

/// Twenty events a day of each, between eight and eighteen.
void live(Engine& engine, std::uint64_t accounts, int days, TimePoint first) {
  FamiliarOptions options;
  options.memory_budget = budget;
  Familiar familiar(options);
  for (int turn = 0; turn < 20 * days; ++turn) {
    const TimePoint time = first + std::chrono::days{turn / 20} + std::chrono::hours{8} +
                           std::chrono::minutes{30} * (turn % 20);
    for (std::uint64_t account = 0; account < accounts; ++account) {
      apply(engine, account, static_cast<std::uint64_t>(turn), time, &familiar);
    }
  }
  print_size(engine);
  std::printf("familiar_bytes %lld\n", static_cast<long long>(familiar.stats().memory_bytes));
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t accounts = argc >= 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  const int days = argc == 3 ? std::atoi(argv[2]) : 0;
  if (accounts == 0 || argc > 3 || (argc == 3 && days <= 0)) {
    std::fputs("usage: state_bench ACCOUNTS [DAYS]\n", stderr);
    return 2;
  }
  RuleDirs dirs;
  dirs.rules = {NOCI_SOURCE_DIR "/rules"};
  dirs.lists = {NOCI_SOURCE_DIR "/rules/lists"};
  const auto rules = std::make_shared<const RuleSet>(std::move(load_rules(dirs).value));
  EngineOptions options;
  options.memory_budget = budget;
  const TimePoint day{std::chrono::sys_days{std::chrono::year{2026} / 6 / 7}};
  if (days > 0) {
    Engine engine(options, rules);
    live(engine, accounts, days, day);
    return 0;
  }
  {
    Engine engine(options, rules);
    const double empty = resident();
    const std::uint64_t quiet = accounts / 20 + 1;
    for (std::uint64_t turn = 0; turn < 50; ++turn) {
      for (std::uint64_t account = 0; account < quiet; ++account) {
        apply(engine, account, turn, day + std::chrono::minutes{28} * static_cast<int>(turn));
      }
    }
    // An account, and the address that stands for it.
    std::printf("quiet_account_bytes %.0f\n",
                (resident() - empty) / static_cast<double>(engine.stats().keys));
  }
  Engine engine(options, rules);
  for (std::uint64_t turn = 0; turn < 4; ++turn) {
    for (std::uint64_t account = 0; account < accounts; ++account) {
      apply(engine, account, turn, day + std::chrono::hours{5} * static_cast<int>(turn));
    }
  }
  print_size(engine);
  return 0;
}
