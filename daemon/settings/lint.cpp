#include <algorithm>
#include <set>
#include <string>

#include "settings/report.hpp"
#include "settings/rules.hpp"
#include "settings/suggest.hpp"

namespace noci {
namespace {

/// The values that the sources give to `log.source`, `log.worker` or `matrix.homeserver`; empty
/// when the log lines themselves may say (a worker's name).
std::set<std::string> configured_values(Field field, const Settings& settings) {
  std::set<std::string> values;
  for (const SourceSettings& source : settings.sources) {
    if (field == Field::log_source) {
      values.insert(source.name);
    } else if (field == Field::homeserver && !source.homeserver.empty()) {
      values.insert(source.homeserver);
    }
  }
  return values;
}

void check_values(const Rule& rule, const Predicate& predicate, const Settings& settings,
                  Report& report) {
  const std::set<std::string> values = configured_values(predicate.field, settings);
  if (values.empty() || predicate.match != Match::equals) {
    return;
  }
  for (const std::string& text : predicate.texts) {
    if (text.find_first_of("*?") == std::string::npos && values.count(text) == 0) {
      report.warn({}, "never-true",
                  "rule " + cite(rule.title) + " waits for " +
                      std::string(name_of(predicate.field)) + " " + cite(text) +
                      ", which no source has",
                  suggest(text, {values.begin(), values.end()}));
    }
  }
}

}  // namespace

Faults lint(const RuleSet& rules, const Settings& settings) {
  Faults faults;
  Faults warnings;
  for (const Rule& rule : rules.rules) {
    Report report(rule.file, faults, warnings);
    for (const Selection& selection : rule.selections) {
      for (const auto& predicates : selection.any_of) {
        for (const Predicate& predicate : predicates) {
          check_values(rule, predicate, settings, report);
        }
      }
    }
    for (const Limit& limit : rule.limits) {
      if (settings.lateness && limit.timespan < *settings.lateness) {
        report.warn({}, "shorter-than-lateness",
                    "limit " + cite(limit.name) +
                        " has a shorter timespan than the allowed "
                        "lateness of lines, by which every window is widened",
                    "use a longer timespan, or a smaller analysis.lateness");
      }
    }
  }
  const auto is_off = [](const Rule& rule) { return rule.mode == Mode::off; };
  if (!rules.rules.empty() && std::all_of(rules.rules.begin(), rules.rules.end(), is_off)) {
    warnings.push_back(
        {settings.file, 0, 0, "every rule is off [no-rules]", "nothing is ever found"});
  }
  return warnings;
}

}  // namespace noci
