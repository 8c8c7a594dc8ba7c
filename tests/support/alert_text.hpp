#pragma once
// Alerts as text with every field in it, so that two runs are compared wholly and a difference
// reads at sight.

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "model/alert.hpp"

namespace noci::test {

[[nodiscard]] inline std::string limits_text(const std::vector<LimitState>& limits) {
  std::ostringstream out;
  for (const LimitState& limit : limits) {
    out << " [" << limit.name << ' ' << name_of(limit.type) << ' ' << limit.field << ' '
        << format_duration(limit.timespan) << ' ' << name_of(limit.compare) << ' '
        << limit.base_limit << ' ' << limit.limit << ' ' << limit.factor << ' ' << limit.period
        << ' ' << limit.value << (limit.breached ? " breached" : "")
        << (limit.exact ? "" : " estimated ") << limit.error_pct << ']';
  }
  return out.str();
}

[[nodiscard]] inline std::string steps_text(const std::vector<LimitState>& limits) {
  std::ostringstream out;
  for (const LimitState& limit : limits) {
    for (const StepState& step : limit.steps) {
      out << " <" << step.name << ' ' << step.count;
      if (step.complete) {
        out << ' ' << format_rfc3339(step.first) << ' ' << format_rfc3339(step.last);
      }
      out << '>';
    }
  }
  return out.str();
}

/// What the state machine says, without ids and evidence.
[[nodiscard]] inline std::string outline(const Alert& alert) {
  std::ostringstream out;
  out << name_of(alert.status) << ' ' << alert.resolve_reason << ' '
      << format_rfc3339(alert.timestamp) << " #" << alert.sequence << ' ' << name_of(alert.level)
      << ' ' << alert.rule_id << " (" << alert.key_text() << ')' << limits_text(alert.limits);
  return out.str();
}

[[nodiscard]] inline std::string whole(const Alert& alert) {
  std::ostringstream out;
  out << outline(alert) << ' ' << alert.alert_id << ' ' << alert.simulated << alert.late << ' '
      << alert.rule_title << ' ' << alert.rule_hash << ' ' << alert.rule_status << ' '
      << alert.runbook << ' ' << alert.tags.size() << ' ' << alert.falsepositives.size() << ' '
      << format_rfc3339(alert.first_event) << ' ' << format_rfc3339(alert.last_event);
  for (const Sample& sample : alert.evidence.samples) {
    out << " {" << format_rfc3339(sample.timestamp) << ' ' << name_of(sample.action) << ' '
        << sample.request_id << ' ' << sample.source << ' ' << sample.position.offset << ' '
        << sample.position.line << '}';
  }
  for (const auto& [field, values] : alert.evidence.top) {
    out << ' ' << name_of(field) << ':';
    for (const auto& [value, count] : values) {
      out << ' ' << value << '=' << count;
    }
  }
  out << steps_text(alert.limits) << (alert.evidence.truncated ? " truncated " : " ")
      << alert.summary;
  return out.str();
}

[[nodiscard]] inline std::vector<std::string> whole(const std::vector<Alert>& alerts) {
  std::vector<std::string> texts;
  for (const Alert& alert : alerts) {
    texts.push_back(whole(alert));
  }
  return texts;
}

[[nodiscard]] inline std::vector<std::string> outlines(const std::vector<Alert>& alerts) {
  std::vector<std::string> texts;
  for (const Alert& alert : alerts) {
    texts.push_back(outline(alert));
  }
  return texts;
}

/// Empty when both say the same; else where they part. Short: Catch2 takes minutes to wrap a
/// message with thousands of alerts in it.
[[nodiscard]] inline std::string difference(const std::vector<std::string>& got,
                                            const std::vector<std::string>& wanted) {
  for (std::size_t i = 0; i < std::max(got.size(), wanted.size()); ++i) {
    const std::string mine = i < got.size() ? got[i] : "nothing";
    const std::string theirs = i < wanted.size() ? wanted[i] : "nothing";
    if (mine != theirs) {
      return "alert " + std::to_string(i) + ": got " + mine + "; wanted " + theirs;
    }
  }
  return "";
}

}  // namespace noci::test
