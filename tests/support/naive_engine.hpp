#pragma once
// What the detector must say, written the slow and obvious way: every event is kept, every value
// is added up again each time it is asked for, every minute is walked through. No sharing, no
// panes kept, no shortcuts. Understands what random tests use: `equals` and numeric predicates,
// all limit types, escalation, renotify and resolve. The one thing it takes over from the
// engine's contract is that windows begin on a pane border of the epoch: the widest power of two of
// milliseconds within T/64, T/16 above a day.

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "model/alert.hpp"
#include "model/event.hpp"
#include "model/rule.hpp"
#include "support/naive_usual.hpp"

namespace noci::test {

class NaiveEngine {
 public:
  NaiveEngine(std::vector<Rule> rules, Duration lateness)
      : rules_(std::move(rules)), lateness_(lateness) {}

  void apply(const Event& event, std::vector<Alert>& out) {
    const TimePoint next = std::max(now_, event.timestamp);
    walk(next, out);
    now_ = next;
    for (const Rule& rule : rules_) {
      std::string key;
      std::set<std::size_t> matched;
      for (std::size_t i = 0; i < rule.limits.size(); ++i) {
        if (!key_of(rule, event, key)) {
          continue;
        }
        if (is_sequence(rule.limits[i].type)) {
          for (std::size_t k = 0; k < rule.limits[i].steps.size(); ++k) {
            if (selected(rule, rule.limits[i].steps[k].select, event)) {
              history_[{rule.id, key}].push_back({event.timestamp, i, std::to_string(k)});
              matched.insert(i);
            }
          }
        } else if (rule.limits[i].type == LimitType::baseline) {
          if (adds_to(rule, rule.limits[i], event)) {
            usual_[{rule.id, i}].learn(rule.limits[i], key, event.timestamp,
                                       value_of(rule.limits[i], event));
            matched.insert(i);
          }
        } else if (adds_to(rule, rule.limits[i], event)) {
          history_[{rule.id, key}].push_back({event.timestamp, i, value_of(rule.limits[i], event)});
          matched.insert(i);
        }
      }
      for (std::size_t f = 0; f < rule.factors.size(); ++f) {
        if (selected(rule, rule.factors[f].when, event) && key_of(rule, event, key)) {
          history_[{rule.id, key}].push_back({event.timestamp, first_factor + f, "1"});
          matched.insert(first_factor + f);
        }
      }
      if (!matched.empty()) {
        read(rule, key, now_, true, out);
      }
    }
  }

  void advance(TimePoint until, std::vector<Alert>& out) { walk(until, out); }

 private:
  /// Events of a conditional factor are kept under this number and its index.
  static constexpr std::size_t first_factor = 1000;

  struct Entry {
    TimePoint at;
    std::size_t limit;
    std::string value;  ///< what is summed (digits) or counted once
  };

  struct State {
    bool open = false;
    Level level = Level::informational;
    double step = 0;
    std::uint64_t sequence = 0;
    TimePoint last_said;
    TimePoint last_read;
    std::optional<TimePoint> below;
  };

  using Who = std::pair<std::string, std::string>;

  static bool holds(const Predicate& predicate, const Event& event) {
    if (is_number(predicate.field)) {
      const auto number = event.number(predicate.field);
      return number && std::ranges::any_of(predicate.numbers, [&](std::int64_t bound) {
               return predicate.match == Match::gte ? *number >= bound : *number == bound;
             });
    }
    return std::ranges::any_of(predicate.texts, [&](const std::string& text) {
      return equals_ignoring_case(text, event.text(predicate.field));
    });
  }

  static bool selected(const Rule& rule, const Condition& select, const Event& event) {
    return std::ranges::any_of(rule.selections[select.selection].any_of, [&](const auto& map) {
      return std::ranges::all_of(map, [&](const Predicate& one) { return holds(one, event); });
    });
  }

  static bool adds_to(const Rule& rule, const Limit& limit, const Event& event) {
    return selected(rule, limit.select, event) && !value_of(limit, event).empty();
  }

  /// Steps that are complete, from all events of the window: in order, each as early as it can be
  /// after the one before it.
  [[nodiscard]] std::int64_t steps_done(const Limit& limit, const std::vector<Entry>& entries,
                                        std::size_t index, TimePoint left) const {
    std::int64_t done = 0;
    TimePoint after = left;
    for (std::size_t k = 0; k < limit.steps.size(); ++k) {
      std::vector<TimePoint> times;
      for (const Entry& entry : entries) {
        if (entry.limit == index && entry.value == std::to_string(k) && entry.at > after) {
          times.push_back(entry.at);
        }
      }
      std::ranges::sort(times);
      const auto wanted = static_cast<std::size_t>(limit.steps[k].count);
      if (times.size() >= wanted) {
        ++done;
        after = limit.type == LimitType::temporal_ordered ? times[wanted - 1] : left;
      } else if (limit.type == LimitType::temporal_ordered) {
        break;
      }
    }
    return done;
  }

  static std::string value_of(const Limit& limit, const Event& event) {
    if ((limit.baseline ? limit.baseline->of : limit.type) == LimitType::event_count) {
      return "1";
    }
    if (const auto number = event.number(limit.field)) {
      return std::to_string(*number);
    }
    return std::string(event.text(limit.field));
  }

  static bool key_of(const Rule& rule, const Event& event, std::string& key) {
    key = std::string(event.homeserver);
    for (const Field field : rule.group_by) {
      if (event.text(field).empty()) {
        return false;
      }
      key += "\n" + std::string(event.text(field));
    }
    return true;
  }

  [[nodiscard]] double factor_of(const Rule& rule, const std::string& key, TimePoint at) {
    double product = 1;
    for (std::size_t f = 0; f < rule.factors.size(); ++f) {
      Limit counted;
      counted.timespan = rule.factors[f].span;
      product *= measure(rule, key, first_factor + f, counted, at) > 0 ? rule.factors[f].by : 1;
    }
    return product;
  }

  [[nodiscard]] std::int64_t measure(const Rule& rule, const std::string& key, std::size_t index,
                                     const Limit& limit, TimePoint at) {
    if (limit.baseline) {
      return usual_[{rule.id, index}].value(key, at, lateness_);
    }
    const int parts = limit.timespan > std::chrono::hours{24} ? 16 : 64;
    Duration width{1};
    while (width * 2 * parts <= limit.timespan) {
      width *= 2;
    }
    const TimePoint left = at - limit.timespan - lateness_;
    if (is_sequence(limit.type)) {
      return steps_done(limit, history_[{rule.id, key}], index, left);
    }
    std::int64_t sum = 0;
    std::set<std::string> values;
    for (const Entry& entry : history_[{rule.id, key}]) {
      // All test times are after 1970, so plain division finds the pane.
      const TimePoint pane_end{(entry.at.time_since_epoch() / width + 1) * width};
      if (entry.limit == index && pane_end > left) {
        sum += limit.type == LimitType::value_count ? 0 : std::stoll(entry.value);
        values.insert(entry.value);
      }
    }
    return limit.type == LimitType::value_count ? static_cast<std::int64_t>(values.size()) : sum;
  }

  void read(const Rule& rule, const std::string& key, TimePoint at, bool by_event,
            std::vector<Alert>& out) {
    Alert alert;
    bool breached = false;
    double ratio = 0;
    for (std::size_t i = 0; i < rule.limits.size(); ++i) {
      LimitState limit;
      limit.name = rule.limits[i].name;
      limit.type = rule.limits[i].type;
      limit.field = limit.type == LimitType::value_sum || limit.type == LimitType::value_count
                        ? name_of(rule.limits[i].field)
                        : "";
      limit.compare = rule.limits[i].compare;
      limit.timespan = rule.limits[i].timespan;
      limit.base_limit = rule.limits[i].threshold;
      limit.factor = is_sequence(limit.type) ? 1 : factor_of(rule, key, at);
      limit.limit = static_cast<double>(limit.base_limit) * limit.factor;
      bool warming = false;
      if (rule.limits[i].baseline) {
        const auto allowed = usual_[{rule.id, i}].allowed(rule.limits[i], key, at);
        limit.limit = allowed.value_or(static_cast<double>(limit.base_limit)) * limit.factor;
        limit.field = rule.limits[i].baseline->of == LimitType::event_count
                          ? ""
                          : name_of(rule.limits[i].field);
        warming = !allowed;
      }
      limit.limit = std::round(limit.limit * 1e6) / 1e6;
      limit.value = measure(rule, key, i, rule.limits[i], at);
      const auto value = static_cast<double>(limit.value);
      limit.breached =
          !warming && (limit.compare == Compare::gt ? value > limit.limit : value >= limit.limit);
      breached = breached || limit.breached;
      ratio = std::max(ratio, warming ? 0 : value / limit.limit);
      alert.limits.push_back(limit);
    }
    State& state = states_[{rule.id, key}];
    state.last_read = at;
    std::optional<AlertStatus> said;
    double step = 0;
    Level level = rule.level;
    for (const Escalation& one : rule.alert.escalate) {
      if (ratio >= one.at) {
        step = std::max(step, one.at);
        level = std::max(level, one.level);
      }
    }
    if (breached) {
      state.below.reset();
      if (!state.open && by_event) {
        state = {true, level, step, 0, at, at, std::nullopt};
        said = AlertStatus::firing;
      } else if (state.open && by_event && step > state.step) {
        state.step = step;
        state.level = std::max(state.level, level);
        said = AlertStatus::escalated;
      } else if (state.open && rule.alert.renotify &&
                 at - state.last_said >= *rule.alert.renotify) {
        said = AlertStatus::updated;
      }
    } else if (state.open) {
      state.below = state.below.value_or(at);
      if (at - *state.below >= rule.alert.resolve_after) {
        state.open = false;
        said = AlertStatus::resolved;
        alert.resolve_reason = "below_limit";
      }
    }
    for (std::size_t i = 0; state.open && i < rule.limits.size(); ++i) {
      if (rule.limits[i].baseline) {
        usual_[{rule.id, i}].freeze(key, at);
      }
    }
    if (said) {
      state.last_said = at;
      alert.status = *said;
      alert.timestamp = at;
      alert.level = state.level;
      alert.sequence = ++state.sequence;
      alert.rule_id = rule.id;
      std::string_view rest = std::string_view(key).substr(std::min(key.find('\n'), key.size()));
      for (const Field field : rule.group_by) {
        rest.remove_prefix(1);
        alert.key.emplace_back(field, rest.substr(0, rest.find('\n')));
        rest.remove_prefix(alert.key.back().second.size());
      }
      out.push_back(std::move(alert));
    }
  }

  /// Looks at every open episode at each of its times up to `until`, in order.
  void walk(TimePoint until, std::vector<Alert>& out) {
    while (true) {
      std::optional<TimePoint> first;
      const Rule* rule = nullptr;
      std::string key;
      for (const Rule& one : rules_) {
        for (const auto& [who, state] : states_) {
          if (who.first != one.id || !state.open) {
            continue;
          }
          const Duration pulse =
              std::clamp(one.alert.resolve_after / 8, Duration{1000}, Duration{60000});
          TimePoint next{(state.last_read.time_since_epoch() / pulse + 1) * pulse};
          if (state.below) {
            next = std::min(next, *state.below + one.alert.resolve_after);
          }
          if (!first || next < *first) {
            first = next;
            rule = &one;
            key = who.second;
          }
        }
      }
      if (!first || *first > until) {
        return;
      }
      read(*rule, key, *first, false, out);
    }
  }

  std::vector<Rule> rules_;
  Duration lateness_;
  TimePoint now_;
  std::map<Who, std::vector<Entry>> history_;
  std::map<Who, State> states_;
  std::map<std::pair<std::string, std::size_t>, NaiveUsual> usual_;  ///< by rule and limit
};

}  // namespace noci::test
