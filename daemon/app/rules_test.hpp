#pragma once
// `noci rules test`: the faults of a directory of rules, and the tests in its files.

#include <string>

#include "app/exit_code.hpp"

namespace noci {

struct RulesTestOptions {
  std::string rules_dir = "/usr/share/noci/rules";
  std::string lists_dir;  ///< empty: rules_dir/lists
};

ExitCode rules_test(const RulesTestOptions& options);

}  // namespace noci
