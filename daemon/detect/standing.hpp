#pragma once
// Where a key stands against the limits of a rule at one time: values from its counters, limits
// in force from threshold × schedule × override. An exempt key breaks nothing.

#include <string>
#include <vector>

#include "detect/account.hpp"
#include "detect/plan.hpp"
#include "model/alert.hpp"

namespace noci::detect {

struct Standing {
  std::vector<LimitState> limits;
  bool breached = false;
  double ratio = 0;  ///< the largest value / limit in force
  /// Until then, without events, it stays breached; meaningless when it is not.
  TimePoint steady_until;
};

/// What the overrides of a rule say about a key. The first that matches and still counts wins.
struct Exception {
  bool exempt = false;
  double factor = 1;
};

[[nodiscard]] Exception exception_for(const CompiledRule& rule, const std::vector<Field>& group_by,
                                      const std::string& key, TimePoint now);

/// Whether a limit has come near enough for evidence.
[[nodiscard]] bool is_near(const CompiledRule& rule, const PlanTable& table, const Account& account,
                           TimePoint now);
/// Whether any limit is used by at least `share` of the least it can be.
[[nodiscard]] bool is_used(const CompiledRule& rule, const PlanTable& table, const Account& account,
                           TimePoint now, double share);

/// Without the words for its limits: few standings are told.
[[nodiscard]] Standing stand(CompiledRule& rule, const PlanTable& table, const Account& account,
                             TimePoint now, const Exception& exception);

/// What stand() at `now` left out: names, fields, periods, and the steps of sequences.
void name_limits(CompiledRule& rule, const PlanTable& table, const Account& account, TimePoint now,
                 const Exception& exception, std::vector<LimitState>& limits);

}  // namespace noci::detect
