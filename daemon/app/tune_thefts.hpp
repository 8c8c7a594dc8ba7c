#pragma once
// What `noci tune` says about thefts: lays each shape over the operator's own traffic, as one of
// the accounts in it, reads the logs again under the rules, and tells when the first alert names
// the thief and what is gone by then.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "app/exit_code.hpp"
#include "app/input_logs.hpp"
#include "app/theft_log.hpp"
#include "base/zones.hpp"
#include "model/event.hpp"
#include "model/rule.hpp"
#include "pipeline/pipeline.hpp"

namespace noci {

/// Accounts of a log, and how much they ask for.
class Population {
 public:
  void see(const Event& event);
  /// So many of those that ask for as much as most do. Made-up ones where there are fewer.
  [[nodiscard]] std::vector<Victim> ordinary(std::size_t count) const;
  /// A working morning, ten o'clock in `zone`, in the second half of what was seen, so that the
  /// accounts are known by then; where it has none, the hour in the middle.
  [[nodiscard]] TimePoint morning(const Zone& zone) const;

 private:
  struct Known {
    Victim victim;
    std::int64_t requests = 0;
  };

  std::unordered_map<std::string, Known> accounts_;  ///< by homeserver and account
  std::string key_;
  std::optional<TimePoint> first_, last_;
};

struct TheftFound {
  std::string name;
  std::string account;
  Duration takes{};
  Haul total;
  std::optional<Duration> after;  ///< nothing: no alert named the thief
  std::string rule_title;
  Haul taken;
};

/// How the logs are read: everything but the rules.
using MakePipeline = std::function<std::unique_ptr<Pipeline>(const std::vector<SourceInfo>& sources,
                                                             std::shared_ptr<const RuleSet> rules)>;

/// By set of rules, each theft, begun at `begin`. Reads all logs once; `code` as read_all says.
[[nodiscard]] std::vector<std::vector<TheftFound>> lay_thefts_over(
    const InputLogs& inputs, const Population& population, TimePoint begin,
    const std::vector<std::shared_ptr<const RuleSet>>& rules, const MakePipeline& make,
    ExitCode& code);

}  // namespace noci
