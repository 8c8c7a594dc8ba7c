#include "pipeline/loss_meter.hpp"

#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace noci;
using namespace std::chrono_literals;

namespace {

const LossMeter::Bounds bounds{10min, 0.03, 24h};

/// The numbers that have an access line, in the order of the lines. Read without noci's parser.
std::vector<std::uint64_t> read_genuine_numbers() {
  std::ifstream file(NOCI_SOURCE_DIR "/tests/corpus/synapse-v1.98.0/homeserver.log");
  std::vector<std::uint64_t> numbers;
  for (std::string line; std::getline(file, line);) {
    const auto info = line.find(" - INFO - ");
    if (line.find(" - synapse.access.") != 23 || info == std::string::npos ||
        line.find("Processed request: ") == std::string::npos) {
      continue;
    }
    const auto dash = line.find('-', info + 10);
    const std::uint64_t number = std::stoull(line.substr(dash + 1));
    if (number < 9'000'000) {  // those are forged
      numbers.push_back(number);
    }
  }
  return numbers;
}

const std::vector<std::uint64_t>& genuine_numbers() {
  static const std::vector<std::uint64_t> numbers = read_genuine_numbers();
  return numbers;
}

/// A worker that writes the genuine capture over and over, under growing numbers, ten lines a
/// second.
class Worker {
 public:
  /// Each line is lost with this probability.
  double lost = 0;
  /// Requests that Synapse does not log, per genuine one.
  double unlogged = 0;

  LossMeter meter;
  std::uint64_t truly_lost = 0;
  std::uint64_t truly_written = 0;

  void write(Duration span, const LossMeter::Bounds& limits = bounds) {
    for (Duration passed{}; passed < span; passed += 1s) {
      for (int i = 0; i < lines_a_second; ++i) {
        write_line();
      }
      settle();
      meter.look(1s, passed_, missing_, limits);
      lost_at_times_ += meter.is_losing(limits) ? 1 : 0;
    }
  }

  [[nodiscard]] int seconds_of_alarm() const { return lost_at_times_; }

  void restart() {
    next_ = settled_ = highest_ = passed_ = missing_ = 0;
    seen_.assign(kept, 0);
    given_.clear();
  }

 private:
  static constexpr int lines_a_second = 10;
  static constexpr std::size_t kept = 16'384;

  void write_line() {
    if (next_ == genuine_.size()) {
      next_ = 0;
      given_.clear();
    }
    const std::uint64_t number = given_number(genuine_[next_++]);
    ++truly_written;
    if (chance_(random_) < lost) {
      ++truly_lost;
    } else {
      mark(number);
    }
  }

  void mark(std::uint64_t number) { seen_[number % kept] = number; }

  /// Numbers are given when requests begin: what is unlogged takes some in between.
  std::uint64_t given_number(std::uint64_t genuine) {
    while (given_.size() <= genuine) {
      while (chance_(random_) < unlogged / (1 + unlogged)) {
        ++highest_;
      }
      given_.push_back(++highest_);
    }
    return given_[genuine];
  }

  /// Long polls are logged when they end: the latest of the capture is 554 numbers late.
  void settle() {
    while (settled_ + 1000 < highest_) {
      ++settled_;
      ++passed_;
      missing_ += seen_[settled_ % kept] == settled_ ? 0 : 1;
    }
  }

  const std::vector<std::uint64_t>& genuine_ = genuine_numbers();
  std::size_t next_ = 0;
  std::vector<std::uint64_t> given_;  ///< by genuine number, in this round
  std::uint64_t highest_ = 0;
  std::uint64_t settled_ = 0;
  std::vector<std::uint64_t> seen_ = std::vector<std::uint64_t>(kept);  ///< by number, modulo
  std::uint64_t passed_ = 0;
  std::uint64_t missing_ = 0;
  int lost_at_times_ = 0;
  std::mt19937 random_{20261123};
  std::uniform_real_distribution<> chance_{0, 1};
};

}  // namespace

TEST_CASE("the genuine capture leaves out one number in sixty or so") {
  const auto numbers = genuine_numbers();
  const std::set<std::uint64_t> distinct(numbers.begin(), numbers.end());
  const double present = static_cast<double>(distinct.size());
  REQUIRE(present > 4'500);
  REQUIRE(1 - present / static_cast<double>(*distinct.rbegin() + 1) == Approx(0.016).margin(0.001));
}

TEST_CASE("without a loss nearly none is measured, and there is no alarm") {
  Worker worker;
  worker.write(6h);
  REQUIRE(worker.meter.base().has_value());
  CHECK(*worker.meter.base() == Approx(0.016).margin(0.003));
  CHECK(*worker.meter.loss() < 0.005);
  CHECK(worker.seconds_of_alarm() == 0);
}

TEST_CASE("the measured loss is within a factor of 1.5 of the true one") {
  const double lost = GENERATE(0.05, 0.10, 0.30, 0.80);
  Worker worker;
  worker.write(2h);
  worker.lost = lost;
  worker.truly_lost = worker.truly_written = 0;
  worker.write(30min);
  const double truth =
      static_cast<double>(worker.truly_lost) / static_cast<double>(worker.truly_written);
  CAPTURE(lost, truth, *worker.meter.loss());
  CHECK(*worker.meter.loss() > truth / 1.5);
  CHECK(*worker.meter.loss() < truth * 1.5);
  CHECK(worker.meter.is_losing(bounds));
  CHECK(*worker.meter.base() == Approx(0.016).margin(0.004));
}

TEST_CASE("a loss below the limit is measured at first, learnt within the hour, and no alarm") {
  Worker worker;
  worker.write(2h);
  worker.lost = 0.02;
  worker.write(12min);
  CHECK(*worker.meter.loss() == Approx(0.02).margin(0.006));
  worker.write(2h);
  CHECK(*worker.meter.loss() < 0.005);
  CHECK(worker.seconds_of_alarm() == 0);
}

TEST_CASE("a loss is not taken for usual while it lasts, but after a day") {
  Worker worker;
  worker.write(2h);
  worker.lost = 0.05;
  worker.write(3h);
  CHECK(*worker.meter.base() == Approx(0.016).margin(0.004));
  CHECK(worker.meter.is_losing(bounds));
  const LossMeter::Bounds impatient{10min, 0.03, 3h};
  worker.write(1h, impatient);
  CHECK(worker.meter.times_accepted() == 1);
  CHECK(*worker.meter.base() == Approx(0.066).margin(0.01));
  CHECK_FALSE(worker.meter.is_losing(impatient));
  worker.lost = 0.15;
  worker.write(20min, impatient);
  CHECK(worker.meter.is_losing(impatient));  // and the next one is noticed again
}

TEST_CASE("a burst of OPTIONS is no alarm, a change over hours is learnt, a flood is told") {
  Worker worker;
  worker.write(2h);
  SECTION("many browsers load a page at once: a minute of twice as many requests") {
    for (int burst = 0; burst < 5; ++burst) {
      worker.unlogged = 0.8;
      worker.write(1min);
      worker.unlogged = 0;
      worker.write(30min);
    }
    CHECK(worker.seconds_of_alarm() == 0);
  }
  SECTION("browsers come in the morning: from 1.6 % to 13 % in three hours") {
    for (int step = 1; step <= 36; ++step) {
      worker.unlogged = 0.13 * step / 36;
      worker.write(5min);
    }
    CHECK(worker.seconds_of_alarm() == 0);
    CHECK(*worker.meter.base() > 0.08);
  }
  SECTION("somebody asks OPTIONS only, ten of them for each line of others") {
    worker.unlogged = 10;
    worker.write(10min);
    CHECK(worker.meter.is_losing(bounds));
  }
}

TEST_CASE("nearly everything lost for a moment is told as well") {
  Worker worker;
  worker.write(2h);
  worker.lost = 0.9;
  worker.write(1min + 10s);
  worker.lost = 0;
  worker.write(3min);
  CHECK(worker.meter.is_losing(bounds));
  worker.write(11min);
  CHECK_FALSE(worker.meter.is_losing(bounds));
}

TEST_CASE("a third of the lines missing from the beginning is not taken for a base") {
  Worker worker;
  worker.lost = 0.5;
  worker.write(2h);
  CHECK(*worker.meter.base() == Approx(0.3));
  CHECK(worker.meter.is_losing(bounds));
}

TEST_CASE("nothing is said before 2,000 numbers and twenty minutes") {
  Worker worker;
  worker.write(18min);
  CHECK_FALSE(worker.meter.base());
  CHECK_FALSE(worker.meter.loss());
  worker.write(5min);
  CHECK(worker.meter.base());
}

TEST_CASE("a process that starts again begins at zero and loses nothing by it") {
  Worker worker;
  worker.write(2h);
  const auto passed = worker.meter.passed_total();
  worker.restart();
  worker.write(1h);
  CHECK(worker.seconds_of_alarm() == 0);
  CHECK(worker.meter.passed_total() > passed);
  CHECK(*worker.meter.loss() < 0.005);
}

TEST_CASE("a line that was given up too early and came after all is not missing") {
  LossMeter meter;
  meter.look(1s, 100, 5, bounds);
  meter.look(1s, 101, 4, bounds);
  meter.look(1s, 102, 5, bounds);
  meter.look(1s, 103, 6, bounds);
  CHECK(meter.passed_total() == 103);
  CHECK(meter.missing_total() == 6);
}

TEST_CASE("a meter survives a restart") {
  Worker worker;
  worker.write(2h);
  worker.lost = 0.1;
  worker.write(12min);
  ByteWriter out;
  worker.meter.save(out);
  LossMeter again;
  ByteReader in(out.bytes());
  again.restore(in);
  REQUIRE(in.ok());
  REQUIRE(in.at_end());
  CHECK(again.base() == worker.meter.base());
  CHECK(again.loss() == worker.meter.loss());
  CHECK(again.is_losing(bounds));
}
