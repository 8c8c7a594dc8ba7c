#pragma once
// The `detection` section: named selections of predicates over event fields, with Sigma's
// modifiers. Also reads the `match` of an override, which is one such map.

#include <string>
#include <vector>

#include "model/rule.hpp"
#include "settings/lists.hpp"
#include "settings/reader.hpp"

namespace noci {

struct Detection {
  std::vector<Selection> selections;
  std::vector<Place> places;  ///< of each selection
  std::string condition;      ///< default of `select`; may be empty
  Place condition_place;
};

/// Reads predicates, and notes which lists they use.
class PredicateReader {
 public:
  PredicateReader(const Lists& lists, std::vector<std::string>& used_lists, Report& report)
      : lists_(lists), used_lists_(used_lists), report_(report) {}

  /// All predicates of one map.
  [[nodiscard]] std::vector<Predicate> read_map(const YamlNode& node, const std::string& what);

 private:
  struct Modifiers;

  bool read_key(const YamlNode& key, Predicate& predicate, bool& expand);
  bool read_modifier(std::string_view modifier, Place place, Predicate& predicate, bool& expand);
  bool check_match(const YamlNode& key, const Predicate& predicate, bool expand);
  void read_values(const YamlNode& key, const YamlNode& value, Predicate& predicate, bool expand);
  void read_list_name(const YamlNode& value, Predicate& predicate);
  void read_number(const YamlNode& value, Predicate& predicate);
  void read_text_value(const YamlNode& value, Predicate& predicate);
  void check_word(const YamlNode& value, Field field, const std::string& text);

  const Lists& lists_;
  std::vector<std::string>& used_lists_;
  Report& report_;
};

[[nodiscard]] Detection read_detection(const YamlNode& node, PredicateReader& predicates,
                                       Report& report);

/// The field called `name`, or a fault with the nearest name.
[[nodiscard]] std::optional<Field> read_field(const YamlNode& node, std::string_view name,
                                              Report& report);

/// A number of a field in the field's own unit: sizes for bytes, durations for event.duration.
[[nodiscard]] std::optional<std::int64_t> read_field_number(const YamlNode& node, Field field,
                                                            std::string_view name, Report& report);

}  // namespace noci
