#include "settings/rules.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "settings/folder.hpp"
#include "settings/lists.hpp"
#include "settings/rule_file.hpp"

namespace noci {
namespace {

/// Rules of one folder into `rules`; what an earlier folder had under the same id gives way.
void load_folder(const std::vector<std::string>& files, const Lists& lists, const RuleDirs& dirs,
                 std::map<std::string, Rule>& rules, Loaded<RuleSet>& loaded) {
  std::map<std::string, std::string> here;  // id → file
  for (const std::string& file : files) {
    Report report(file, loaded.faults, loaded.warnings);
    auto rule = read_rule_file(lists, dirs.now, report);
    if (!rule) {
      continue;
    }
    const auto [twin, fresh] = here.emplace(rule->id, file);
    if (!fresh && !rule->id.empty()) {
      report.fault({}, "duplicate-id", "the rule has the id of " + twin->second,
                   "give it its own, for example from `uuidgen`");
    }
    const std::string id = rule->id;
    rules.insert_or_assign(id, std::move(*rule));
  }
}

}  // namespace

Loaded<RuleSet> load_rules(const RuleDirs& dirs) {
  Loaded<RuleSet> loaded;
  const Lists lists = load_lists(dirs.lists, dirs.now, loaded.faults, loaded.warnings);
  std::map<std::string, Rule> rules;
  for (std::size_t i = 0; i < dirs.rules.size(); ++i) {
    const std::size_t before = loaded.faults.size();
    const auto files = files_in(dirs.rules[i], {".yaml", ".yml"}, i == 0, loaded.faults);
    load_folder(files, lists, dirs, rules, loaded);
    if (i == 0 && files.empty() && loaded.faults.size() == before) {
      loaded.warnings.push_back({dirs.rules[i], 0, 0, "the folder holds no rules [no-rules]",
                                 "without rules nothing is ever found"});
    }
  }
  for (auto& [id, rule] : rules) {
    loaded.value.rules.push_back(std::move(rule));
  }
  for (const auto& [name, list] : lists) {
    loaded.value.lists.push_back(list.list);
  }
  return loaded;
}

}  // namespace noci
