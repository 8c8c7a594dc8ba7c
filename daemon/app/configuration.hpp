#pragma once
// Settings and rules as the verbs need them: read together, checked together, every fault printed.

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "model/rule.hpp"
#include "model/settings.hpp"
#include "settings/rule_limits.hpp"

namespace noci {
class GeoDatabase;
}

namespace noci {

inline constexpr const char* default_config_path = "/etc/noci/noci.yaml";

/// `--config`: without one, the default path where it exists, else the built-in defaults.
struct ConfigOption {
  std::string path;
};

struct Configuration {
  Settings settings;
  std::shared_ptr<const RuleSet> rules;
  OwnLimits own_limits;                          ///< already applied to `rules`
  std::shared_ptr<const GeoDatabase> geography;  ///< nothing where the settings name no database
  std::vector<std::string> without_totals;  ///< titles of rules with a share of what is not told
  Faults warnings;
  /// `sha256:` and 12 hex digits over the settings' and all rules' bytes.
  std::string hash;
};

/// What replaces the settings' directories for one call.
struct RuleDirsOption {
  std::string rules_dir;
  std::string lists_dir;
  /// Instead of the settings' `rules.limits`, which never counts together with `rules_dir`.
  std::string limits_file{};
};

/// The settings alone. Faults come back all at once.
[[nodiscard]] std::optional<Settings> read_settings(const ConfigOption& option, Faults& faults,
                                                    Faults& warnings);

/// Where `state.dir` has the database.
[[nodiscard]] std::string database_path(const Settings& settings);

/// Settings, rules and lists, and the tests in the rules. Nothing is usable when there is a fault.
[[nodiscard]] std::optional<Configuration> read_configuration(const ConfigOption& option,
                                                              const RuleDirsOption& dirs,
                                                              Faults& faults);

/// One line per fault.
void print(const Faults& faults, std::ostream& out, const char* label);

}  // namespace noci
