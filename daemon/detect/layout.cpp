#include "detect/layout.hpp"

namespace noci::detect {
namespace {

constexpr std::size_t most_tables = 1000;
constexpr std::size_t most_entries = 60000;

void save_texts(ByteWriter& out, const std::vector<std::string>& texts) {
  out.number(texts.size());
  for (const std::string& text : texts) {
    out.text(text);
  }
}

std::vector<std::string> load_texts(ByteReader& in) {
  std::vector<std::string> texts;
  const std::uint64_t count = in.count();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    texts.emplace_back(in.text());
  }
  return texts;
}

bool load_field(ByteReader& in, Field& field) {
  const auto known = field_named(in.text());
  field = known.value_or(Field::bytes);
  return known.has_value();
}

bool load_counter(ByteReader& in, CounterSpec& counter) {
  counter.fingerprint = in.text();
  const std::uint64_t type = in.number();
  if (type > static_cast<std::uint64_t>(last_limit_type) || !load_field(in, counter.field)) {
    return false;
  }
  counter.type = static_cast<LimitType>(type);
  const std::uint64_t steps = in.count();
  for (std::uint64_t i = 0; i < steps && in.ok(); ++i) {
    counter.steps.push_back(static_cast<std::int64_t>(in.number()));
  }
  if (is_sequence(counter.type) == counter.steps.empty()) {
    return false;
  }
  const std::uint64_t spans = in.count();
  for (std::uint64_t i = 0; i < spans && in.ok(); ++i) {
    const std::int64_t length = in.integer();
    if (length <= 0 || length > furthest_time ||
        (i > 0 && length <= counter.timespans.back().count())) {
      return false;
    }
    counter.timespans.emplace_back(length);
  }
  return in.ok() && !counter.timespans.empty();
}

bool load_table(ByteReader& in, TableSpec& table) {
  const std::uint64_t fields = in.count();
  for (std::uint64_t i = 0; i < fields && in.ok(); ++i) {
    if (!load_field(in, table.group_by.emplace_back())) {
      return false;
    }
  }
  const std::uint64_t counters = in.count();
  for (std::uint64_t i = 0; i < counters && in.ok(); ++i) {
    if (!load_counter(in, table.counters.emplace_back())) {
      return false;
    }
  }
  return in.ok() && table.counters.size() <= most_entries;
}

}  // namespace

void Layout::save(ByteWriter& out) const {
  out.number(tables.size());
  for (const TableSpec& table : tables) {
    out.number(table.group_by.size());
    for (const Field field : table.group_by) {
      out.text(name_of(field));
    }
    out.number(table.counters.size());
    for (const CounterSpec& counter : table.counters) {
      out.text(counter.fingerprint);
      out.number(static_cast<std::uint64_t>(counter.type));
      out.text(name_of(counter.field));
      out.number(counter.steps.size());
      for (const std::int64_t count : counter.steps) {
        out.number(static_cast<std::uint64_t>(count));
      }
      out.number(counter.timespans.size());
      for (const Duration timespan : counter.timespans) {
        out.integer(timespan.count());
      }
    }
  }
  out.number(rules.size());
  for (const RuleInfo& rule : rules) {
    for (const std::string* text :
         {&rule.id, &rule.title, &rule.hash, &rule.status, &rule.runbook}) {
      out.text(*text);
    }
    save_texts(out, rule.tags);
    save_texts(out, rule.falsepositives);
    out.number(rule.simulated ? 1 : 0);
    out.number(rule.table);
  }
}

bool Layout::load(ByteReader& in) {
  *this = {};
  const std::uint64_t table_count = in.count();
  for (std::uint64_t i = 0; i < table_count && in.ok(); ++i) {
    if (!load_table(in, tables.emplace_back())) {
      return false;
    }
  }
  const std::uint64_t rule_count = in.count();
  for (std::uint64_t i = 0; i < rule_count && in.ok(); ++i) {
    RuleInfo& rule = rules.emplace_back();
    for (std::string* text : {&rule.id, &rule.title, &rule.hash, &rule.status, &rule.runbook}) {
      *text = in.text();
    }
    rule.tags = load_texts(in);
    rule.falsepositives = load_texts(in);
    rule.simulated = in.number() != 0;
    rule.table = in.number();
    if (rule.table >= tables.size()) {
      return false;
    }
  }
  return in.ok() && tables.size() <= most_tables && rules.size() <= most_entries;
}

}  // namespace noci::detect
