#include "settings/rule_limits.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <vector>

#include <unistd.h>

#include "base/hash.hpp"
#include "settings/file.hpp"
#include "settings/reader.hpp"
#include "settings/report.hpp"
#include "settings/suggest.hpp"
#include "settings/yaml.hpp"

namespace noci {
namespace {

// As in rules: a sum of 64 bits holds it, with room for factors.
constexpr std::int64_t most_threshold = std::int64_t{1} << 50;

void read_limits_of(Rule& rule, const YamlNode& node, Report& report, OwnLimits& own) {
  if (!node.is(YamlNode::Shape::map)) {
    report.fault(node.place, "wrong-type", "the limits of " + cite(rule.title) + " are no map",
                 "write `limit: number`");
    return;
  }
  for (std::size_t i = 0; i < node.keys.size(); ++i) {
    const std::string& name = node.keys[i].text;
    const auto limit = std::ranges::find(rule.limits, name, &Limit::name);
    if (limit == rule.limits.end()) {
      std::vector<std::string> names;
      for (const Limit& known : rule.limits) {
        names.push_back(known.name);
      }
      report.fault(node.keys[i].place, "unknown-limit",
                   cite(rule.title) + " has no limit " + cite(name),
                   suggest(name, {names.begin(), names.end()}));
      continue;
    }
    if (is_sequence(limit->type)) {
      report.fault(node.keys[i].place, "conflict",
                   cite(name) + " of " + cite(rule.title) + " is a sequence and has no number",
                   "its steps are in the rule; copy the rule to change them");
      continue;
    }
    const std::int64_t least = limit->compare == Compare::gte ? 1 : 0;
    if (const auto number = as_integer(node.items[i], name, least, most_threshold, report)) {
      limit->threshold = *number;
      own.emplace(rule.id, name);
    }
  }
}

}  // namespace

OwnLimits read_rule_limits(const std::string& path, RuleSet& rules, Faults& faults,
                           Faults& warnings) {
  if (path.empty() || (::access(path.c_str(), F_OK) != 0 && errno == ENOENT)) {
    return {};
  }
  OwnLimits own;
  Report report(path, faults, warnings);
  const auto bytes = read_text_file(path, report);
  const auto root = bytes ? parse_yaml(*bytes, report) : std::nullopt;
  if (!root || root->is(YamlNode::Shape::null)) {
    return own;
  }
  if (!root->is(YamlNode::Shape::map)) {
    report.fault(root->place, "wrong-type", "the file is no map",
                 "write `rule id: {limit: number}`");
    return own;
  }
  for (std::size_t i = 0; i < root->keys.size(); ++i) {
    const auto rule = std::ranges::find(rules.rules, root->keys[i].text, &Rule::id);
    if (rule == rules.rules.end()) {
      report.fault(root->keys[i].place, "unknown-rule",
                   "there is no rule with the id " + cite(root->keys[i].text),
                   "take its limits out of this file");
      continue;
    }
    read_limits_of(*rule, root->items[i], report, own);
    const Sha256 digest = sha256(rule->hash + *bytes);
    rule->hash = "sha256:" + to_hex({reinterpret_cast<const char*>(digest.data()), 6});
  }
  return own;
}

}  // namespace noci
