#include "app/tune.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <utility>
#include <vector>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "app/counting_thread.hpp"
#include "app/tune_peaks.hpp"
#include "app/tune_thefts.hpp"
#include "base/text.hpp"
#include "io/geo_database.hpp"
#include "pipeline/pipeline.hpp"

namespace noci {
namespace {

namespace json = boost::json;

constexpr std::size_t most_named = 3;
// Shorter ones say little about a limit of a week.
constexpr double short_history_days = 7;

struct History {
  double days = 0;
  std::map<std::string, std::size_t> alerts;  ///< rule id → episodes under today's limits
  std::size_t episodes = 0;

  [[nodiscard]] double a_day(std::size_t count) const {
    return days > 0 ? static_cast<double>(count) / std::max(days, 1.0) : 0;
  }
};

bool is_changed(const LimitPeaks& limit) {
  return limit.proposed != limit.limit->threshold;
}

/// Today's limit over the highest value: below 1 it was broken.
double margin_of(const LimitPeaks& limit) {
  return limit.max > 0 ? static_cast<double>(limit.limit->threshold) / limit.max : 0;
}

void print_text(const std::vector<RulePeaks>& rules, const History& history, double target) {
  std::cout << fmt::format(
      "{:.1f} days; today's limits open {} episodes, {:.2g} a day (target {:.2g})\n", history.days,
      history.episodes, history.a_day(history.episodes), target);
  if (history.days < short_history_days) {
    std::cout << "A history of less than a week says little about limits of a week or a month.\n";
  }
  for (const RulePeaks& rule : rules) {
    const auto opened = history.alerts.find(rule.rule->id);
    std::cout << fmt::format(
        "\n{} (by {}){}\n", rule.rule->title,
        rule.rule->group_by.empty() ? "server" : std::string(name_of(rule.rule->group_by[0])),
        opened == history.alerts.end() ? ""
                                       : fmt::format(": {} episodes, {:.2g} a day", opened->second,
                                                     history.a_day(opened->second)));
    std::cout << fmt::format("  {:<20}{:>8}{:>12}{:>12}{:>12}{:>14}{:>14}{:>8}{:>14}\n", "limit",
                             "keys", "p50", "p99", "p99.9", "max", "today", "margin", "proposed");
    for (const LimitPeaks& limit : rule.limits) {
      std::cout << fmt::format(
          "  {:<20}{:>8}{:>12.6g}{:>12.6g}{:>12.6g}{:>14.8g}{:>14}{:>8.2g}{:>14}\n",
          limit.limit->name, limit.keys, limit.median, limit.p99, limit.p999, limit.max,
          limit.limit->threshold, margin_of(limit),
          is_changed(limit) ? std::to_string(limit.proposed) : "");
      for (std::size_t i = 0; i < std::min(limit.over.size(), most_named); ++i) {
        std::cout << fmt::format("      over: {} ({:.8g})\n", printable(limit.over[i].first, 120),
                                 limit.over[i].second);
      }
      if (limit.over.size() > most_named) {
        std::cout << fmt::format("      and {} more\n", limit.over.size() - most_named);
      }
    }
  }
}

void print_jsonl(const std::vector<RulePeaks>& rules, const History& history) {
  for (const RulePeaks& rule : rules) {
    for (const LimitPeaks& limit : rule.limits) {
      json::array over;
      for (const auto& [key, value] : limit.over) {
        over.push_back(json::object{{"key", printable(key, 256)}, {"peak", value}});
      }
      const auto opened = history.alerts.find(rule.rule->id);
      const std::size_t episodes = opened == history.alerts.end() ? 0 : opened->second;
      std::cout << json::serialize(json::object{{"rule", rule.rule->id},
                                                {"title", rule.rule->title},
                                                {"limit", limit.limit->name},
                                                {"days", history.days},
                                                {"rule_episodes", episodes},
                                                {"rule_episodes_a_day", history.a_day(episodes)},
                                                {"keys", limit.keys},
                                                {"p50", limit.median},
                                                {"p99", limit.p99},
                                                {"p999", limit.p999},
                                                {"max", limit.max},
                                                {"today", limit.limit->threshold},
                                                {"margin", margin_of(limit)},
                                                {"proposed", limit.proposed},
                                                {"over", std::move(over)}})
                << '\n';
    }
  }
}

void print_thefts_text(const std::vector<TheftFound>& thefts, const char* limits, TimePoint begin) {
  std::cout << fmt::format(
      "\nthefts that never happened, laid over these logs from {} on, limits: {}\n",
      format_rfc3339(begin), limits);
  std::cout << fmt::format("  {:<36}{:>14}{:>10}{:>12}{:>10}{:>10}{:>10}  {}\n", "shape",
                           "found after", "rooms", "messages", "files", "MB", "people", "first by");
  const auto share = [](std::int64_t taken, std::int64_t total) {
    return total == 0 ? std::string("-")
                      : fmt::format("{:.2g} %",
                                    100 * static_cast<double>(taken) / static_cast<double>(total));
  };
  for (const TheftFound& theft : thefts) {
    if (!theft.after) {
      std::cout << fmt::format("  {:<36}{:>14}\n", theft.name, "never");
      continue;
    }
    std::cout << fmt::format(
        "  {:<36}{:>14}{:>10}{:>12}{:>10}{:>10}{:>10}  {}\n", theft.name,
        describe_duration(*theft.after), share(theft.taken.rooms, theft.total.rooms),
        share(theft.taken.messages, theft.total.messages),
        share(theft.taken.files, theft.total.files), share(theft.taken.bytes, theft.total.bytes),
        share(theft.taken.people, theft.total.people), theft.rule_title);
  }
}

json::object as_json(const Haul& haul) {
  return {{"rooms", haul.rooms},
          {"messages", haul.messages},
          {"files", haul.files},
          {"bytes", haul.bytes},
          {"people", haul.people}};
}

void print_thefts_jsonl(const std::vector<TheftFound>& thefts, const char* limits,
                        TimePoint begin) {
  for (const TheftFound& theft : thefts) {
    json::object line{{"theft", theft.name},
                      {"account", printable(theft.account, 256)},
                      {"limits", limits},
                      {"begins", format_rfc3339(begin)},
                      {"takes_seconds", theft.takes / std::chrono::seconds{1}},
                      {"total", as_json(theft.total)},
                      {"found", theft.after.has_value()}};
    if (theft.after) {
      line["after_seconds"] = std::chrono::ceil<std::chrono::seconds>(*theft.after).count();
      line["rule_title"] = theft.rule_title;
      line["taken"] = as_json(theft.taken);
    }
    std::cout << json::serialize(line) << '\n';
  }
}

std::int64_t proposed_for(const Rule& rule, const Limit& limit,
                          const std::vector<RulePeaks>& peaks) {
  for (const RulePeaks& one : peaks) {
    for (const LimitPeaks& of : one.limits) {
      if (one.rule->id == rule.id && of.limit->name == limit.name) {
        return of.proposed;
      }
    }
  }
  return limit.threshold;
}

/// Takes the place of the file in force, so the numbers of that which stay are in it too.
std::string limits_file(const Configuration& configuration, const std::vector<RulePeaks>& peaks,
                        const History& history, double target) {
  std::string text = fmt::format(
      "# Proposed by noci tune from {:.1f} days of logs, for about {:.2g} alerts a day. Look at "
      "who went over\n"
      "# today's limits before you use it: a limit that a theft broke is not to be raised.\n",
      history.days, target);
  for (const Rule& rule : configuration.rules->rules) {
    std::string numbers;
    for (const Limit& limit : rule.limits) {
      const std::int64_t proposed = proposed_for(rule, limit, peaks);
      if (proposed != limit.threshold) {
        numbers += fmt::format("  {}: {}  # was {}\n", limit.name, proposed, limit.threshold);
      } else if (configuration.own_limits.contains({rule.id, limit.name})) {
        numbers += fmt::format("  {}: {}  # as it was\n", limit.name, proposed);
      }
    }
    if (!numbers.empty()) {
      text += fmt::format("{}:  # {}\n{}", rule.id, printable(rule.title, 120), numbers);
    }
  }
  return text;
}

std::shared_ptr<const RuleSet> with_proposed(const RuleSet& today,
                                             const std::vector<RulePeaks>& peaks) {
  auto rules = std::make_shared<RuleSet>(today);
  for (Rule& rule : rules->rules) {
    for (Limit& limit : rule.limits) {
      limit.threshold = proposed_for(rule, limit, peaks);
    }
  }
  return rules;
}

bool proposes_anything(const std::vector<RulePeaks>& peaks) {
  return std::ranges::any_of(
      peaks, [](const RulePeaks& rule) { return std::ranges::any_of(rule.limits, is_changed); });
}

}  // namespace

ExitCode tune(const TuneOptions& options) {
  Faults faults;
  const auto configuration = read_configuration(
      options.config, {options.rules_dir, options.lists_dir, options.limits_file}, faults);
  if (!configuration) {
    print(faults, std::cerr, "");
    return ExitCode::input_at_fault;
  }
  print(configuration->warnings, std::cerr, "warning: ");
  ExitCode code{};
  const auto inputs = open_inputs(options.input, "tune", code);
  if (!inputs) {
    return code;
  }
  const auto pipeline_options = [&](const std::vector<SourceInfo>& sources, Duration lateness) {
    PipelineOptions made;
    made.sources = sources;
    made.engine.lateness = configuration->settings.lateness.value_or(lateness);
    made.engine.memory_budget = configuration->settings.memory_budget;
    made.familiar_memory = configuration->settings.familiar_memory;
    made.geography = configuration->geography;
    return made;
  };
  TunePeaks peaks;
  Population population;
  PipelineOptions observed = pipeline_options(
      inputs->sources, inputs->logs.size() == 1 ? Duration::zero() : default_lateness);
  observed.engine.observer = [&](const Reading& reading) { peaks.add(reading); };
  Pipeline pipeline(std::move(observed), configuration->rules);
  pipeline.admit_by([&](const Event& event) {
    population.see(event);
    return true;
  });
  History history;
  CountingThread counting(pipeline, events_at_once(*inputs), [&](const std::vector<Alert>& alerts) {
    for (const Alert& alert : alerts) {
      if (alert.status == AlertStatus::firing) {
        ++history.alerts[alert.rule_id];
        ++history.episodes;
      }
    }
  });
  code = read_all(*inputs, "tune", [&](const Chunk& chunk) { counting.feed(chunk); });
  counting.finish();
  history.days = peaks.days();
  if (history.days <= 0) {
    std::cerr << "noci tune: nothing in these logs counts for any rule\n";
    return ExitCode::input_at_fault;
  }
  const auto rules = peaks.propose(options.target * std::max(history.days, 1.0));
  if (options.jsonl) {
    print_jsonl(rules, history);
  } else {
    print_text(rules, history, options.target);
  }
  std::vector<std::shared_ptr<const RuleSet>> judges{configuration->rules};
  if (proposes_anything(rules)) {
    judges.push_back(with_proposed(*configuration->rules, rules));
  }
  const auto reads_standard_input = [](const SourceInfo& source) { return source.name == "-"; };
  if (std::ranges::any_of(inputs->sources, reads_standard_input)) {
    std::cerr << "noci tune: standard input cannot be read twice, so no theft is laid over it\n";
  } else {
    ExitCode again{};
    const TimePoint begin = population.morning(inputs->sources.front().zone);
    const auto found = lay_thefts_over(
        *inputs, population, begin, judges,
        [&](const std::vector<SourceInfo>& sources, std::shared_ptr<const RuleSet> set) {
          return std::make_unique<Pipeline>(pipeline_options(sources, default_lateness),
                                            std::move(set));
        },
        again);
    for (std::size_t i = 0; i < found.size(); ++i) {
      (options.jsonl ? print_thefts_jsonl : print_thefts_text)(
          found[i], i == 0 ? "today" : "proposed", begin);
    }
  }
  if (!options.write.empty()) {
    std::ofstream out(options.write);
    out << limits_file(*configuration, rules, history, options.target);
    out.close();
    if (!out) {
      std::cerr << "noci tune: cannot write " << options.write << ": " << std::strerror(errno)
                << '\n';
      return ExitCode::environment_at_fault;
    }
  }
  return code;
}

}  // namespace noci
