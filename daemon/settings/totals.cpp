#include "settings/totals.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

namespace noci {
namespace {

// As of limits: a sum of 64 bits holds it, with room for factors.
constexpr std::int64_t most = std::int64_t{1} << 50;
constexpr std::int64_t most_each = 1'000'000;

std::vector<std::string_view> names() {
  return {whole_names.begin(), whole_names.end()};
}

}  // namespace

ServerTotals read_totals(const YamlNode& node, Report& report) {
  MapReader map(node, "totals", report);
  ServerTotals totals{};
  for (std::size_t i = 0; i < totals.size(); ++i) {
    if (const YamlNode* total = map.find(whole_names[i])) {
      totals[i] = (static_cast<Whole>(i) == Whole::media_bytes
                       ? as_size(*total, whole_names[i], 1, most, report)
                       : as_integer(*total, whole_names[i], 1, most, report))
                      .value_or(0);
    }
  }
  map.finish();
  return totals;
}

bool is_share(const YamlNode& bound) {
  return bound.is(YamlNode::Shape::scalar) && bound.text.ends_with('%');
}

Share read_share(const YamlNode& bound, MapReader& condition, Report& report) {
  Share share;
  YamlNode number = bound;
  number.text.pop_back();
  share.part = as_number(number, "the share", 0.001, 100, report).value_or(1) / 100;
  if (const YamlNode* of = condition.need("of", "of what: rooms, messages, media_files, …")) {
    share.of = static_cast<Whole>(as_choice(*of, "of", names(), report).value_or(0));
  }
  if (const YamlNode* each = condition.find("each")) {
    share.each = as_size(*each, "each", 1, most_each, report).value_or(1);
  }
  return share;
}

bool apply_totals(Rule& rule, const ServerTotals& totals) {
  for (Limit& limit : rule.limits) {
    if (limit.share) {
      const double whole = static_cast<double>(totals[static_cast<std::size_t>(limit.share->of)]) *
                           static_cast<double>(limit.share->each);
      limit.whole = static_cast<std::int64_t>(std::min(whole, static_cast<double>(most)));
      const double part = limit.share->part * static_cast<double>(limit.whole);
      limit.threshold = std::max(limit.threshold, static_cast<std::int64_t>(std::llround(part)));
    }
  }
  const auto gone = std::erase_if(
      rule.limits, [](const Limit& limit) { return limit.share && limit.whole == 0; });
  if (rule.limits.empty()) {
    rule.mode = Mode::off;
  }
  return gone == 0;
}

}  // namespace noci
