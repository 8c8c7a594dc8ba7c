#include "pipeline/rule_check.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "detect/engine.hpp"
#include "detect/familiar.hpp"
#include "model/event_fields.hpp"
#include "settings/totals.hpp"

namespace noci {
namespace {

/// One repetition of a test event, with its own texts: the engine sees views of them.
struct PlayedEvent {
  TimePoint at;
  std::vector<std::pair<Field, std::string>> fields;
};

/// A state change and the number of the event that caused it; 0 when only time passed.
struct Happening {
  Alert alert;
  std::int64_t at_event = 0;
};

std::string with_number(std::string text, std::int64_t number) {
  constexpr std::string_view mark = "{n}";
  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
    const std::string digits = std::to_string(number);
    text.replace(at, mark.size(), digits);
    at += digits.size();
  }
  return text;
}

/// Every repetition of every event, in the order of their times; equal times keep file order.
std::vector<PlayedEvent> played(const RuleTest& test) {
  std::vector<PlayedEvent> events;
  for (const TestEvent& event : test.events) {
    for (std::int64_t n = 1; n <= event.repeat; ++n) {
      PlayedEvent copy{event.at + event.every * (n - 1), event.fields};
      for (auto& [field, text] : copy.fields) {
        text = with_number(std::move(text), n);
      }
      events.push_back(std::move(copy));
    }
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const PlayedEvent& a, const PlayedEvent& b) { return a.at < b.at; });
  return events;
}

Event made(const PlayedEvent& played) {
  Event event;
  event.timestamp = played.at;
  event.kind = Kind::request;
  for (const auto& [field, text] : played.fields) {
    set_field(event, field, text);
  }
  // As the parser does: an exact number is its own bounds.
  if (event.messages && !event.messages_low && !event.messages_high) {
    event.messages_low = event.messages;
    event.messages_high = event.messages;
  }
  return event;
}

bool expects(const RuleTest& test, std::string_view status) {
  return std::any_of(test.expect.begin(), test.expect.end(),
                     [&](const TestExpectation& each) { return each.status == status; });
}

/// Firing always counts; the other changes only where the test speaks of them, so that adding an
/// escalation to a rule does not break its tests.
bool is_wanted(const RuleTest& test, AlertStatus status) {
  return status == AlertStatus::firing || expects(test, name_of(status));
}

std::vector<Happening> play(const Rule& rule, const RuleSet& set, const RuleTest& test) {
  auto rules = std::make_shared<RuleSet>();
  rules->rules.push_back(rule);
  rules->rules.back().mode = Mode::enforce;
  apply_totals(rules->rules.back(), test.totals);
  rules->lists = set.lists;
  Engine engine(EngineOptions{}, rules);
  Familiar familiar;
  familiar.use_lists(set.lists);
  std::vector<Happening> happened;
  std::vector<Alert> alerts;
  const auto collect = [&](std::int64_t number) {
    for (Alert& alert : alerts) {
      if (is_wanted(test, alert.status)) {
        happened.push_back({std::move(alert), number});
      }
    }
    alerts.clear();
  };
  const std::vector<PlayedEvent> events = played(test);
  for (std::size_t i = 0; i < events.size(); ++i) {
    engine.advance(events[i].at, alerts);
    collect(0);
    Event event = made(events[i]);
    familiar.regard(event, event.timestamp);
    engine.apply(event, alerts);
    collect(static_cast<std::int64_t>(i) + 1);
  }
  if (expects(test, "resolved") && !events.empty()) {
    // Long enough for every window to empty and the rule to resolve.
    Duration rest = rule.alert.resolve_after * 2;
    for (const Limit& limit : rule.limits) {
      rest = std::max(rest, limit.timespan * 2 + rule.alert.resolve_after * 2);
    }
    engine.advance(events.back().at + rest, alerts);
    collect(0);
  }
  return happened;
}

std::string limits_text(const Alert& alert) {
  std::string text;
  for (const LimitState& limit : alert.limits) {
    if (limit.breached) {
      text += (text.empty() ? "" : " and ") + limit.name + " (" + describe_count(limit.value) + ")";
    }
  }
  return text;
}

std::string describe(const Happening& happening) {
  const Alert& alert = happening.alert;
  std::string text(name_of(alert.status));
  if (const std::string limits = limits_text(alert); !limits.empty()) {
    text += " by " + limits;
  }
  if (happening.at_event > 0) {
    text += " at event " + std::to_string(happening.at_event);
  }
  return text + ", level " + std::string(name_of(alert.level)) + ", key " +
         printable(alert.key_text());
}

std::string describe(const TestExpectation& expected) {
  std::string text = expected.status;
  if (!expected.limit.empty()) {
    text += " by " + expected.limit;
  }
  if (expected.at_event) {
    text += " at event " + std::to_string(*expected.at_event);
  }
  if (expected.level) {
    text += ", level " + std::string(name_of(*expected.level));
  }
  if (expected.key) {
    text += ", key " + printable(*expected.key);
  }
  return text;
}

bool fulfils(const Happening& happening, const TestExpectation& expected) {
  const Alert& alert = happening.alert;
  const auto breached = [&](const LimitState& limit) {
    return limit.name == expected.limit && limit.breached;
  };
  return name_of(alert.status) == expected.status &&
         (expected.limit.empty() ||
          std::any_of(alert.limits.begin(), alert.limits.end(), breached)) &&
         (!expected.at_event || *expected.at_event == happening.at_event) &&
         (!expected.level || *expected.level == alert.level) &&
         (!expected.key || *expected.key == alert.key_text());
}

/// Empty when everything happened as expected; else the first difference.
std::string difference(const std::vector<Happening>& happened,
                       const std::vector<TestExpectation>& expect) {
  const std::size_t count = std::max(happened.size(), expect.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (i >= expect.size()) {
      return (i == 0 ? "expected silence, but: " : "expected no more, but: ") +
             describe(happened[i]);
    }
    if (i >= happened.size()) {
      return "expected: " + describe(expect[i]) + "; but nothing" + (i == 0 ? "" : " more") +
             " happened";
    }
    if (!fulfils(happened[i], expect[i])) {
      return "expected: " + describe(expect[i]) + "; but: " + describe(happened[i]);
    }
  }
  return {};
}

}  // namespace

std::vector<RuleTestResult> check_rules(const RuleSet& rules) {
  std::vector<RuleTestResult> results;
  for (const Rule& rule : rules.rules) {
    for (const RuleTest& test : rule.tests) {
      std::string explanation = difference(play(rule, rules, test), test.expect);
      const bool passed = explanation.empty();
      results.push_back({rule.file, rule.title, test.name, passed, std::move(explanation)});
    }
  }
  return results;
}

}  // namespace noci
