// What commits cost at the size of a state: ACCOUNTS accounts with an address each, all of them
// active within a day, then SECONDS busy ones whose load is LINES events each, and a commit every
// INTERVAL seconds into a real database in FOLDER. Prints CPU time by part, as a share of one core.
//   commit_bench ACCOUNTS LINES SECONDS INTERVAL FOLDER

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <random>
#include <string>

#include "detect/engine.hpp"
#include "settings/rules.hpp"
#include "store/state.hpp"

using namespace noci;

namespace {

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Mostly what few do much of: weights 1/rank^0.9 by inversion of the continuous law.
class Zipf {
 public:
  explicit Zipf(double count) : top_(std::pow(count, 0.1)) {}

  std::size_t operator()(std::mt19937_64& random) const {
    const double u = std::uniform_real_distribution<>(0, 1)(random);
    return static_cast<std::size_t>(std::pow(1 + u * (top_ - 1), 10)) - 1;
  }

 private:
  double top_;
};

class Load {
 public:
  explicit Load(std::size_t accounts) : accounts_(accounts), zipf_(static_cast<double>(accounts)) {}

  /// One request at `time`: a room read, a medium or a join, as few of them as on a real server.
  const Event& next(std::size_t account, TimePoint time) {
    user_ = "@user" + std::to_string(account) + ":example.org";
    ip_ = "10." + std::to_string(account >> 16) + "." + std::to_string(account >> 8 & 255) + "." +
          std::to_string(account & 255);
    room_ = "!room" + std::to_string(random_() % 40'000) + ":example.org";
    media_ = "media" + std::to_string(random_() % 1'000'000);
    const auto kind = random_() % 100;
    event_ = Event{};
    event_.kind = Kind::request;
    event_.timestamp = time;
    event_.status = 200;
    event_.bytes = static_cast<std::int64_t>(random_() % 20'000);
    event_.user_id = user_;
    event_.source_ip = ip_;
    if (kind < 60) {
      event_.action = Action::sync;
    } else if (kind < 85) {
      event_.action = Action::room_messages;
      event_.room_id = room_;
      event_.messages = static_cast<std::int64_t>(random_() % 30);
    } else if (kind < 99) {
      event_.action = Action::media_download;
      event_.media_id = media_;
    } else {
      event_.action = Action::room_join;
      event_.room_id = room_;
    }
    return event_;
  }

  const Event& busy(TimePoint time) { return next(zipf_(random_), time); }

  [[nodiscard]] std::size_t accounts() const { return accounts_; }

 private:
  std::size_t accounts_;
  Zipf zipf_;
  std::mt19937_64 random_{20261123};
  Event event_;
  std::string user_;
  std::string ip_;
  std::string room_;
  std::string media_;
};

struct Costs {
  double apply = 0;
  double take = 0;
  double save = 0;
  std::size_t bytes = 0;
  std::size_t largest = 0;
  std::size_t commits = 0;
};

void commit(Engine& engine, Database& database, Costs& costs) {
  const double begin = cpu_seconds();
  const SavedState state = engine.take_state();
  const double taken = cpu_seconds();
  const auto saved = save_commit(database, {}, state, {}, TimePoint{});
  engine.state_settled(saved.has_value());
  costs.take += taken - begin;
  costs.save += cpu_seconds() - taken;
  std::size_t bytes = 0;
  for (const std::string& blob : state.blobs) {
    bytes += blob.size();
  }
  costs.bytes += bytes;
  costs.largest = std::max(costs.largest, bytes);
  ++costs.commits;
}

Costs play(Engine& engine, Database& database, Load& load, TimePoint from, int seconds, int rate,
           int interval, bool everyone) {
  Costs costs;
  std::vector<Alert> alerts;
  std::size_t account = 0;
  for (int second = 0; second < seconds; ++second) {
    const double begin = cpu_seconds();
    for (int i = 0; i < rate; ++i) {
      const TimePoint time = from + std::chrono::milliseconds{second * 1000 + i * 1000 / rate};
      engine.apply(everyone ? load.next(account++ % load.accounts(), time) : load.busy(time),
                   alerts);
      alerts.clear();
    }
    costs.apply += cpu_seconds() - begin;
    if (second % interval == interval - 1) {
      commit(engine, database, costs);
    }
  }
  return costs;
}

void print(const char* what, const Costs& costs, int seconds) {
  const auto percent = [&](double cpu) { return 100 * cpu / seconds; };
  std::printf(
      "%-10s engine %5.2f %%  take %5.2f %%  save %5.2f %%  commits %zu  mean %.2f MB  "
      "largest %.2f MB\n",
      what, percent(costs.apply), percent(costs.take), percent(costs.save), costs.commits,
      static_cast<double>(costs.bytes) / 1e6 / static_cast<double>(costs.commits),
      static_cast<double>(costs.largest) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: commit_bench ACCOUNTS LINES SECONDS INTERVAL FOLDER\n");
    return 2;
  }
  const std::size_t accounts = std::strtoull(argv[1], nullptr, 10);
  const int rate = std::atoi(argv[2]);
  const int seconds = std::atoi(argv[3]);
  const int interval = std::atoi(argv[4]);
  RuleDirs dirs;
  dirs.rules = {NOCI_SOURCE_DIR "/rules"};
  dirs.lists = {NOCI_SOURCE_DIR "/rules/lists"};
  auto rules = std::make_shared<const RuleSet>(std::move(load_rules(dirs).value));
  const std::string path = std::string(argv[5]) + "/commit_bench.db";
  std::filesystem::remove(path);
  const RandomBytes random = [](void* to, std::size_t size) {
    std::fill_n(static_cast<char*>(to), size, 'r');
  };
  auto database = Database::open(path, random);
  if (!database) {
    std::fprintf(stderr, "%s\n", database.error().what.c_str());
    return 3;
  }
  EngineOptions options;
  options.memory_budget = std::int64_t{8} << 30;
  const auto make = [&] { return Engine(options, rules); };
  Engine engine = make();
  Load load(accounts);
  const TimePoint day{std::chrono::sys_days{std::chrono::year{2026} / 6 / 7}};
  // Two requests of everyone, as fast as the clock of the log allows: each 5 s a twentieth.
  const int arrival = static_cast<int>(accounts / 50);
  print("arrival", play(engine, *database, load, day, 100, arrival, 5, true), 100);
  print("busy",
        play(engine, *database, load, day + std::chrono::hours{1}, seconds, rate, interval, false),
        seconds);
  const EngineStats& stats = engine.stats();
  std::printf("keys %llu  memory %.0f MB  kept %.0f MB  file %.0f MB\n",
              static_cast<unsigned long long>(stats.keys),
              static_cast<double>(stats.memory_bytes) / 1e6,
              static_cast<double>(state_bytes(*database)) / 1e6,
              static_cast<double>(std::filesystem::file_size(path)) / 1e6);
  const double begin = cpu_seconds();
  Engine again = make();
  const auto read = load_blobs(*database, [&](std::uint64_t number, std::string_view blob) {
    return again.restore(number, blob);
  });
  const bool whole = read.has_value() && again.finish_restore().has_value();
  std::vector<Alert> alerts;
  again.advance(again.now(), alerts);
  std::printf("restored %s in %.2f s of CPU\n",
              whole && again.stats().keys == stats.keys ? "whole" : "WRONG", cpu_seconds() - begin);
  std::filesystem::remove(path);
  return 0;
}
