#include "settings/rule_limits.hpp"

#include <fstream>

#include "support/catch.hpp"
#include "support/scratch_dir.hpp"

using namespace noci;
using noci::testing::ScratchDir;

namespace {

RuleSet two_rules() {
  RuleSet rules;
  rules.rules.resize(2);
  rules.rules[0].id = "aaaaaaaa-0000-4000-8000-000000000001";
  rules.rules[0].title = "First";
  rules.rules[0].hash = "sha256:000000000000";
  rules.rules[0].limits.resize(2);
  rules.rules[0].limits[0].name = "files_24h";
  rules.rules[0].limits[0].threshold = 300;
  rules.rules[0].limits[1].name = "files_7d";
  rules.rules[0].limits[1].threshold = 900;
  rules.rules[1].id = "aaaaaaaa-0000-4000-8000-000000000002";
  rules.rules[1].hash = "sha256:000000000000";
  return rules;
}

Faults read(RuleSet& rules, const std::string& text, OwnLimits* own = nullptr) {
  const ScratchDir scratch;
  std::ofstream(scratch.file("limits.yaml")) << text;
  Faults faults;
  Faults warnings;
  const OwnLimits set = read_rule_limits(scratch.file("limits.yaml"), rules, faults, warnings);
  if (own != nullptr) {
    *own = set;
  }
  CHECK(warnings.empty());
  return faults;
}

}  // namespace

TEST_CASE("the operator's number replaces the rule's, and nothing else") {
  RuleSet rules = two_rules();
  OwnLimits own;
  CHECK(read(rules, "aaaaaaaa-0000-4000-8000-000000000001: {files_24h: 450}\n", &own).empty());
  CHECK(own == OwnLimits{{"aaaaaaaa-0000-4000-8000-000000000001", "files_24h"}});
  CHECK(rules.rules[0].limits[0].threshold == 450);
  CHECK(rules.rules[0].limits[1].threshold == 900);
  CHECK(rules.rules[0].hash != "sha256:000000000000");
  CHECK(rules.rules[1].hash == "sha256:000000000000");
}

TEST_CASE("a number that would be ignored is a fault") {
  RuleSet rules = two_rules();
  const Faults faults =
      read(rules,
           "aaaaaaaa-0000-4000-8000-000000000009: {files_24h: 1}\n"
           "aaaaaaaa-0000-4000-8000-000000000001: {files_25h: 1, files_7d: many}\n"
           "aaaaaaaa-0000-4000-8000-000000000002: 7\n");
  REQUIRE(faults.size() == 4);
  CHECK(faults[0].to_string().find("[unknown-rule]") != std::string::npos);
  CHECK(faults[1].to_string().find("files_24h") != std::string::npos);  // what was meant
  CHECK(faults[2].line == 2);
  CHECK(faults[3].to_string().find("[wrong-type]") != std::string::npos);
  CHECK(rules.rules[0].limits[1].threshold == 900);
}

TEST_CASE("a sequence has no number to replace") {
  RuleSet rules = two_rules();
  rules.rules[0].limits[0].type = LimitType::temporal_ordered;
  const Faults faults =
      read(rules, "aaaaaaaa-0000-4000-8000-000000000001: {files_24h: 1, files_7d: 5}\n");
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].to_string().find("[conflict]") != std::string::npos);
  CHECK(rules.rules[0].limits[0].threshold == 300);
}

TEST_CASE("no file and an empty file change nothing") {
  RuleSet rules = two_rules();
  CHECK(read(rules, "# none yet\n").empty());
  Faults faults;
  Faults warnings;
  read_rule_limits("/nowhere/limits.yaml", rules, faults, warnings);
  read_rule_limits("", rules, faults, warnings);
  CHECK(faults.empty());
  CHECK(rules.rules[0].limits[0].threshold == 300);
}
