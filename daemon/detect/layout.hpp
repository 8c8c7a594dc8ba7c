#pragma once
// How the saved and the living state is laid out: which tables of keys, which counters in each,
// which rules. It travels with the state, so that a daemon that starts with other rules can tell
// what each number meant, keep what is still wanted and end what is not.

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/time.hpp"
#include "detect/window.hpp"
#include "model/rule.hpp"

namespace noci::detect {

/// What is counted: limits and rules that mean the same thing share one.
struct CounterSpec {
  std::string fingerprint;  ///< of the select, lists resolved
  LimitType type = LimitType::event_count;
  Field field = Field::bytes;       ///< of value_sum and value_count
  std::vector<std::int64_t> steps;  ///< of a sequence: events that complete each
  std::vector<Duration> timespans;  ///< ascending

  [[nodiscard]] bool counts_same(const CounterSpec& other) const {
    return fingerprint == other.fingerprint && type == other.type &&
           ((type != LimitType::value_sum && type != LimitType::value_count) ||
            field == other.field);
  }

  bool operator==(const CounterSpec&) const = default;
};

/// Every tuple of group-by fields has one table of keys.
struct TableSpec {
  std::vector<Field> group_by;
  std::vector<CounterSpec> counters;
  bool operator==(const TableSpec&) const = default;
};

/// What an alert says about its rule; kept with the state for rules that are gone.
struct RuleInfo {
  std::string id;
  std::string title;
  std::string hash;
  std::string status;
  std::string runbook;
  std::vector<std::string> tags;
  std::vector<std::string> falsepositives;
  bool simulated = false;
  std::size_t table = 0;
  bool operator==(const RuleInfo&) const = default;
};

struct Layout {
  std::vector<TableSpec> tables;
  std::vector<RuleInfo> rules;

  void save(ByteWriter& out) const;
  [[nodiscard]] bool load(ByteReader& in);
  bool operator==(const Layout&) const = default;
};

}  // namespace noci::detect
