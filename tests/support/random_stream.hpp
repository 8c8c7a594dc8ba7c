#pragma once
// Random events and rules for property tests: few users, rooms and actions, gaps from nothing to
// hours, arrival out of order within the lateness. Small numbers, so that limits are crossed often
// and a failing case shrinks to something a person can follow.

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include "support/event_builder.hpp"
#include "support/rule_builder.hpp"

namespace noci::test {

struct Step {
  /// 0 none, 1 milliseconds, 2 seconds, 3 minutes, 4 quarters of an hour, 5 three hours
  int gap_class = 0;
  int gap = 0;
  int late = 0;  ///< thousandths of the lateness
  int user = 0;
  int place = 0;  ///< room, media and address
  int action = 0;
  int bytes = 0;
};

inline void showValue(const Step& step, std::ostream& out) {
  out << "{" << step.gap_class << ',' << step.gap << ',' << step.late << ',' << step.user << ','
      << step.place << ',' << step.action << ',' << step.bytes << "}";
}

/// Events in order of arrival; they own their strings.
class Stream {
 public:
  Stream(const std::vector<Step>& steps, Duration lateness) {
    constexpr std::array<std::int64_t, 6> units{0, 1, 1000, 60'000, 900'000, 10'800'000};
    constexpr std::array actions{Action::room_join, Action::media_download, Action::room_messages};
    TimePoint clock = day_one;
    std::uint64_t number = 0;
    for (const Step& step : steps) {
      clock += Duration(units[static_cast<std::size_t>(step.gap_class)] * step.gap);
      ++number;
      EventBuilder& event = events_.emplace_back();
      event.at(clock - Duration(lateness.count() * step.late / 1000))
          .action(actions[static_cast<std::size_t>(step.action)])
          .room("!r" + std::to_string(step.place) + ":hs")
          .media("hs/m" + std::to_string(step.place))
          .ip("192.0.2." + std::to_string(step.place % 3))
          .request_id("GET-" + std::to_string(number))
          .position(number * 100, number)
          .log_source("main")
          .bytes(step.bytes);
      if (step.user > 0) {
        event.user("@u" + std::to_string(step.user) + ":hs");
      }
    }
  }

  [[nodiscard]] std::size_t size() const { return events_.size(); }

  [[nodiscard]] const Event& operator[](std::size_t i) const { return events_[i].event(); }

 private:
  std::deque<EventBuilder> events_;
};

[[nodiscard]] inline rc::Gen<std::vector<Step>> steps(int coarsest_gap = 4) {
  using rc::gen::inRange;
  return rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
      rc::gen::set(&Step::gap_class,
                   rc::gen::map(rc::gen::weightedElement<int>(
                                    {{3, 0}, {3, 1}, {8, 2}, {3, 3}, {1, 4}, {1, 5}}),
                                [=](int gap) { return std::min(gap, coarsest_gap); })),
      rc::gen::set(&Step::gap, inRange(0, 40)), rc::gen::set(&Step::late, inRange(0, 1000)),
      rc::gen::set(&Step::user, inRange(0, 4)), rc::gen::set(&Step::place, inRange(0, 12)),
      rc::gen::set(&Step::action, inRange(0, 3)), rc::gen::set(&Step::bytes, inRange(0, 50))));
}

/// Rules for streams that last for weeks (steps(5)): days compared with days, and factors.
[[nodiscard]] inline std::vector<Rule> make_slow_rules(unsigned seed, int count) {
  const auto draw = [&](unsigned below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 16) % below;
  };
  std::vector<Rule> rules;
  for (int i = 0; i < count; ++i) {
    RuleBuilder rule("slow-" + std::to_string(i));
    rule.by({draw(3) == 0 ? Field::source_ip : Field::user_id});
    rule.level(Level::medium).escalate(2, Level::high).resolve_after(std::chrono::minutes{30});
    rule.on({Action::room_join, Action::media_download});
    const unsigned of = draw(3);
    rule.baseline(static_cast<LimitType>(of), of == 1 ? Field::bytes : Field::room_id,
                  draw(3) == 0 ? 0 : 0.5 + draw(2), 0.5 * draw(4), of == 1 ? 20 : 1 + draw(2));
    Baseline& baseline = *rule.rule().limits.back().baseline;
    baseline.peers = baseline.own == 0 ? std::max(baseline.peers, 1.0) : baseline.peers;
    baseline.quantile = 0.5 + 0.25 * draw(3);
    baseline.warm_up = std::chrono::days{draw(4)};
    baseline.seasonal = draw(2) == 0;
    baseline.fewest_peers = 1 + draw(2);
    if (draw(2) == 0) {
      rule.events(std::chrono::minutes{10}, 2 + draw(4));
    }
    for (unsigned f = draw(3); f > 0; --f) {
      rule.factor({Action::room_messages}, draw(2) == 0 ? 0.5 : 2,
                  Duration(std::chrono::minutes{1 + draw(120)}));
    }
    rules.push_back(rule);
  }
  return rules;
}

/// `patient` rules resolve after half an hour, so that the naive engine has less to walk through.
/// Rules that share counters and tables here and there.
[[nodiscard]] inline std::vector<Rule> make_rules(unsigned seed, int count, bool patient = false) {
  const auto draw = [&](unsigned below) {
    seed = seed * 1664525U + 1013904223U;
    return (seed >> 16) % below;
  };
  const auto timespan = [&] {
    constexpr std::array<std::int64_t, 8> seconds{1, 10, 60, 90, 600, 7200, 100'000, 2'592'000};
    return Duration(1000 * seconds[draw(8)]);
  };
  constexpr std::array<std::int64_t, 4> resolve_seconds{0, 5, 60, 1800};
  std::vector<Rule> rules;
  for (int i = 0; i < count; ++i) {
    RuleBuilder rule("rule-" + std::to_string(i));
    rule.by(draw(3) == 0   ? std::vector<Field>{Field::source_ip}
            : draw(3) == 0 ? std::vector<Field>{Field::user_id, Field::source_ip}
                           : std::vector<Field>{Field::user_id});
    rule.level(Level::medium)
        .resolve_after(Duration(1000 * resolve_seconds[patient ? 3 : draw(4)]));
    if (draw(2) == 0) {
      rule.escalate(2, Level::high).escalate(3, Level::critical);
    }
    if (draw(2) == 0) {
      rule.renotify(Duration(1000 * (300 + draw(3000))));
    }
    const unsigned limits = 1 + draw(3);
    for (unsigned l = 0; l < limits; ++l) {
      constexpr std::array actions{Action::room_join, Action::media_download,
                                   Action::room_messages};
      rule.on(draw(2) == 0 ? std::vector<Action>{actions[draw(3)]}
                           : std::vector<Action>{Action::room_join, Action::media_download});
      switch (draw(4)) {
        case 3: {
          std::vector<std::pair<std::vector<Action>, std::int64_t>> steps;
          for (unsigned k = 2 + draw(2); k > 0; --k) {
            steps.push_back({{actions[draw(3)]}, 1 + draw(draw(2) == 0 ? 1 : 4)});
          }
          rule.steps(draw(3) != 0, timespan(), steps);
          break;
        }
        case 0:
          rule.events(timespan(), 1 + draw(6));
          break;
        case 1:
          rule.sum(Field::bytes, timespan(), 1 + draw(200));
          break;
        default:
          rule.distinct(Field::room_id, timespan(), 1 + draw(5));
          break;
      }
    }
    if (draw(4) == 0) {
      // A raised limit falls by itself: such an episode is read at each pulse, which takes time.
      rule.factor({Action::room_messages}, patient && draw(3) == 0 ? 2 : 0.5, timespan());
    }
    rules.push_back(rule);
  }
  return rules;
}

}  // namespace noci::test
