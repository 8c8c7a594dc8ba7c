#pragma once
// Reads typed values out of YAML nodes. Every wrong value is reported with its place, what is
// wrong and what would be right; the reader then goes on, so that all faults come out at once.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "settings/report.hpp"
#include "settings/yaml.hpp"

namespace noci {

/// One scalar with a name for messages. Each function reports and returns nothing when it cannot.
[[nodiscard]] std::optional<std::string> as_text(const YamlNode& node, std::string_view name,
                                                 Report& report);
[[nodiscard]] std::optional<bool> as_bool(const YamlNode& node, std::string_view name,
                                          Report& report);
[[nodiscard]] std::optional<std::int64_t> as_integer(const YamlNode& node, std::string_view name,
                                                     std::int64_t least, std::int64_t most,
                                                     Report& report);
[[nodiscard]] std::optional<double> as_number(const YamlNode& node, std::string_view name,
                                              double least, double most, Report& report);
[[nodiscard]] std::optional<Duration> as_duration(const YamlNode& node, std::string_view name,
                                                  Duration least, Duration most, Report& report);
[[nodiscard]] std::optional<std::int64_t> as_size(const YamlNode& node, std::string_view name,
                                                  std::int64_t least, std::int64_t most,
                                                  Report& report);
/// Index into `names`.
[[nodiscard]] std::optional<std::size_t> as_choice(const YamlNode& node, std::string_view name,
                                                   const std::vector<std::string_view>& names,
                                                   Report& report);
/// The end of the validity of something: a bare date counts until that day has ended, UTC.
[[nodiscard]] std::optional<TimePoint> as_until(const YamlNode& node, std::string_view name,
                                                Report& report);
[[nodiscard]] std::optional<TimePoint> parse_until(std::string_view text);
/// One text or a list of them.
[[nodiscard]] std::vector<std::string> as_texts(const YamlNode& node, std::string_view name,
                                                Report& report);
/// The items of a list; a single value is a list of one. Pointers live as long as `node`.
[[nodiscard]] std::vector<const YamlNode*> items_of(const YamlNode& node);

/// A map whose keys are asked for one by one; finish() reports those that nobody asked for.
class MapReader {
 public:
  /// `what` names the map in messages: "rule", "limit", …
  MapReader(const YamlNode& node, std::string what, Report& report);

  /// Null when absent. A key without a value counts as absent, and is reported unless it may be
  /// `empty_allowed` (a list whose entries are all commented out).
  const YamlNode* find(std::string_view key, bool empty_allowed = false);
  /// Reports when absent.
  const YamlNode* need(std::string_view key, std::string help);
  [[nodiscard]] bool has(std::string_view key) const;

  std::string text(std::string_view key, std::string fallback = {});
  std::vector<std::string> texts(std::string_view key);
  bool boolean(std::string_view key, bool fallback);
  std::int64_t integer(std::string_view key, std::int64_t fallback, std::int64_t least,
                       std::int64_t most);
  Duration duration(std::string_view key, Duration fallback, Duration least, Duration most);

  /// Makes a key known that this version refuses, with the reason as help.
  void refuse(std::string_view key, const std::string& help);
  void finish();

  [[nodiscard]] Place place() const { return node_.place; }

  /// The node that `key` itself is, for its place.
  [[nodiscard]] Place place_of(std::string_view key) const;

 private:
  [[nodiscard]] const YamlNode* value_of(std::string_view key) const;

  const YamlNode& node_;
  std::string what_;
  Report& report_;
  std::vector<std::string_view> known_;
  std::vector<std::string_view> refused_;
};

}  // namespace noci
