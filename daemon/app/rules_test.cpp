#include "app/rules_test.hpp"

#include <chrono>
#include <iostream>
#include <string>
#include <string_view>

#include "app/configuration.hpp"
#include "pipeline/rule_check.hpp"
#include "settings/rules.hpp"

namespace noci {

ExitCode rules_test(const RulesTestOptions& options) {
  const std::string lists =
      options.lists_dir.empty() ? options.rules_dir + "/lists" : options.lists_dir;
  RuleDirs dirs;
  dirs.rules = {options.rules_dir};
  dirs.lists = {lists};
  dirs.now = std::chrono::floor<Duration>(std::chrono::system_clock::now());
  const auto loaded = load_rules(dirs);
  print(loaded.warnings, std::cerr, "warning: ");
  if (!loaded.faults.empty()) {
    print(loaded.faults, std::cerr, "");
    std::cerr << loaded.faults.size() << " fault" << (loaded.faults.size() == 1 ? "" : "s")
              << " in the rules of " << options.rules_dir << "; no test was run\n";
    return ExitCode::input_at_fault;
  }
  std::size_t passed = 0;
  std::size_t failed = 0;
  for (const RuleTestResult& result : check_rules(loaded.value)) {
    std::cout << (result.passed ? "ok    " : "FAIL  ") << result.rule_file << ": " << result.test
              << '\n';
    if (!result.passed) {
      std::cout << "      " << result.explanation << '\n';
    }
    ++(result.passed ? passed : failed);
  }
  const auto count = [](std::size_t number, std::string_view what) {
    return std::to_string(number) + ' ' + std::string(what) + (number == 1 ? "" : "s");
  };
  std::cout << count(loaded.value.rules.size(), "rule") << ", " << count(passed, "test")
            << " passed, " << failed << " failed\n";
  return failed == 0 ? ExitCode::fine : ExitCode::input_at_fault;
}

}  // namespace noci
