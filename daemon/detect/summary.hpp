#pragma once
// One plain English sentence about an alert: who took how much of what, from where, in how long,
// and what the limit is. Pure. Whatever a client wrote is made printable and short first.

#include <string>
#include <vector>

#include "model/alert.hpp"
#include "model/rule.hpp"

namespace noci {

/// What one limit counts, in words; made once per rule, since it depends on the selections.
struct LimitWords {
  std::string verb;   ///< "joined"; empty: no better words than the rule's own are known
  std::string thing;  ///< "rooms"; empty for bytes, which carry their unit
  bool bytes = false;
};

[[nodiscard]] std::vector<LimitWords> words_for(const Rule& rule);

/// `words` has one entry per limit of the alert, in order.
[[nodiscard]] std::string summarise(const Alert& alert, const std::vector<LimitWords>& words);

}  // namespace noci
