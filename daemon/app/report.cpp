#include "app/report.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "app/onlooking.hpp"
#include "app/tally.hpp"
#include "base/text.hpp"
#include "pipeline/event_reader.hpp"
#include "pipeline/pipeline.hpp"

namespace noci {
namespace {

namespace json = boost::json;

/// What one key took: proven by the log, and, of an account, linked to it by address and agent.
struct Account {
  Totals proven;
  Totals linked;
};

struct Column {
  const char* name;
  std::int64_t (*of)(const Totals&);

  [[nodiscard]] std::string heading(bool linked) const {
    return linked ? std::string(name) + "_linked" : name;
  }
};

/// In this order everywhere; docs/operations.md says what each counts.
constexpr std::array columns{
    Column{"requests", [](const Totals& t) { return t.requests; }},
    Column{"rooms_joined",
           [](const Totals& t) { return static_cast<std::int64_t>(t.rooms_joined.size()); }},
    Column{"rooms_read",
           [](const Totals& t) { return static_cast<std::int64_t>(t.rooms_read.size()); }},
    Column{"messages_fetched", [](const Totals& t) { return t.messages_fetched; }},
    Column{"messages_low", [](const Totals& t) { return t.messages_low; }},
    Column{"messages_high", [](const Totals& t) { return t.messages_high; }},
    Column{"bytes_downloaded", [](const Totals& t) { return t.bytes_downloaded; }},
    Column{"media_files", [](const Totals& t) { return t.media_files; }},
    Column{"media_bytes", [](const Totals& t) { return t.media_bytes; }},
    Column{"thumbnails", [](const Totals& t) { return t.thumbnails; }},
    Column{"profiles_read", [](const Totals& t) { return t.profiles_read; }},
    Column{"logins", [](const Totals& t) { return t.logins; }},
    Column{"failures", [](const Totals& t) { return t.failures; }},
};

/// What anybody can ask for without an account. They stand behind the others, for accounts only.
constexpr std::array linked_columns{
    Column{"requests", [](const Totals& t) { return t.requests; }},
    Column{"bytes_downloaded", [](const Totals& t) { return t.bytes_downloaded; }},
    Column{"media_files", [](const Totals& t) { return t.media_files; }},
    Column{"media_bytes", [](const Totals& t) { return t.media_bytes; }},
    Column{"thumbnails", [](const Totals& t) { return t.thumbnails; }},
    Column{"profiles_read", [](const Totals& t) { return t.profiles_read; }},
};

/// The books of one run: every key's totals, or one key's details.
class Books {
 public:
  explicit Books(const ReportOptions& options) : options_(options) {}

  void add(const Event& event) {
    if (event.kind != Kind::request || (options_.since && event.timestamp < *options_.since) ||
        (options_.until && event.timestamp >= *options_.until)) {
      return;
    }
    const std::string key(event.text(options_.by));
    if (options_.detail == ReportDetail::none) {
      if (!options_.key || key == *options_.key) {
        keys_[key].proven.add(event);
      }
      const bool is_linked = options_.by == Field::user_id && event.actor_linked == true;
      if (is_linked && (!options_.key || event.actor_id == *options_.key)) {
        keys_[std::string(event.actor_id)].linked.add(event);
      }
    } else if (event.outcome == Outcome::success && key == options_.key.value_or("")) {
      add_detail(event);
    }
  }

  void print() const {
    if (options_.detail != ReportDetail::none) {
      print_details();
    } else {
      print_keys();
    }
  }

 private:
  [[nodiscard]] std::string_view detail_of(const Event& event) const {
    switch (options_.detail) {
      case ReportDetail::rooms:
        return event.room_id;
      case ReportDetail::media:
        return event.media_id;
      default:
        return event.target_user_id;
    }
  }

  void add_detail(const Event& event) {
    const std::string_view what = detail_of(event);
    if (what.empty()) {
      return;
    }
    DetailTotals& totals = details_[std::string(what)];
    ++totals.requests;
    totals.messages += event.messages.value_or(0);
    totals.bytes += event.bytes.value_or(0);
  }

  /// `say(heading, value)` for each column of an account.
  template <typename Say>
  void for_columns(const Account& account, Say say) const {
    for (const Column& column : columns) {
      say(column.heading(false), column.of(account.proven));
    }
    if (options_.by == Field::user_id) {
      for (const Column& column : linked_columns) {
        say(column.heading(true), column.of(account.linked));
      }
    }
  }

  void print_keys() const;
  void print_details() const;

  const ReportOptions& options_;
  std::unordered_map<std::string, Account> keys_;
  std::unordered_map<std::string, DetailTotals> details_;
};

std::string csv_cell(std::string_view text) {
  std::string cell = "\"";
  // A spreadsheet must not take an attacker's text for a formula.
  if (!text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos) {
    cell += '\'';
  }
  for (const char c : to_utf8(text)) {
    cell += c == '"' ? "\"\"" : std::string(1, c);
  }
  return cell + "\"";
}

/// Rows of cells, the first one a heading, as columns: text to the left, numbers to the right.
void print_table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  for (const auto& row : rows) {
    std::string line = row[0] + std::string(widths[0] - row[0].size(), ' ');
    for (std::size_t i = 1; i < row.size(); ++i) {
      line += "  " + std::string(widths[i] - row[i].size(), ' ') + row[i];
    }
    std::cout << line << '\n';
  }
}

void Books::print_keys() const {
  using Row = std::pair<const std::string*, const Account*>;
  std::vector<Row> rows;
  for (const auto& [key, account] : keys_) {
    rows.emplace_back(&key, &account);
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::pair(-a.second->proven.bytes_downloaded, *a.first) <
           std::pair(-b.second->proven.bytes_downloaded, *b.first);
  });
  const std::string heading(name_of(options_.by));
  if (options_.format == ReportFormat::jsonl) {
    for (const auto& [key, account] : rows) {
      json::object object;
      object["key"] = key->empty() ? json::value(nullptr) : json::value(to_utf8(*key));
      for_columns(*account,
                  [&](const std::string& name, std::int64_t value) { object[name] = value; });
      std::cout << json::serialize(object) << '\n';
    }
    return;
  }
  if (options_.format == ReportFormat::csv) {
    std::cout << csv_cell(heading);
    for_columns({}, [&](const std::string& name, std::int64_t) { std::cout << ',' << name; });
    std::cout << "\r\n";
    for (const auto& [key, account] : rows) {
      std::cout << (key->empty() ? "" : csv_cell(*key));
      for_columns(*account,
                  [&](const std::string&, std::int64_t value) { std::cout << ',' << value; });
      std::cout << "\r\n";
    }
    return;
  }
  std::vector<std::vector<std::string>> table(1, {heading});
  for_columns({}, [&](const std::string& name, std::int64_t) { table[0].push_back(name); });
  for (const auto& [key, account] : rows) {
    table.push_back({key->empty() ? "(none)" : printable(*key, 60)});
    for_columns(*account, [&](const std::string& name, std::int64_t value) {
      table.back().push_back(name.find("bytes") != std::string::npos ? describe_bytes(value)
                                                                     : describe_count(value));
    });
  }
  print_table(table);
}

void Books::print_details() const {
  using Row = std::pair<const std::string*, const DetailTotals*>;
  std::vector<Row> rows;
  for (const auto& [what, totals] : details_) {
    rows.emplace_back(&what, &totals);
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
    return std::tuple(-a.second->bytes, -a.second->requests, *a.first) <
           std::tuple(-b.second->bytes, -b.second->requests, *b.first);
  });
  const char* const heading = options_.detail == ReportDetail::rooms   ? "room"
                              : options_.detail == ReportDetail::media ? "media"
                                                                       : "target";
  std::vector<std::vector<std::string>> table(1, {heading, "requests", "messages", "bytes"});
  for (const auto& [what, totals] : rows) {
    if (options_.format == ReportFormat::jsonl) {
      json::object object;
      object["key"] = to_utf8(options_.key.value_or(""));
      object[heading] = to_utf8(*what);
      object["requests"] = totals->requests;
      object["messages"] = totals->messages;
      object["bytes"] = totals->bytes;
      std::cout << json::serialize(object) << '\n';
    } else if (options_.format == ReportFormat::csv) {
      std::cout << (what == rows.front().first
                        ? std::string(heading) + ",requests,messages,bytes\r\n"
                        : "")
                << csv_cell(*what) << ',' << totals->requests << ',' << totals->messages << ','
                << totals->bytes << "\r\n";
    } else {
      table.push_back({printable(*what, 80), describe_count(totals->requests),
                       describe_count(totals->messages), describe_bytes(totals->bytes)});
    }
  }
  if (options_.format == ReportFormat::text) {
    print_table(table);
  }
}

}  // namespace

ExitCode report(const ReportOptions& options) {
  ExitCode code{};
  const auto inputs = open_inputs(options.input, "report", code);
  if (!inputs) {
    return code;
  }
  EventReader reader(inputs->sources);
  auto onlooker = onlooker_for(options.config, *inputs, code);
  if (!onlooker) {
    return code;
  }
  Books books(options);
  code = read_all(*inputs, "report", [&](const Chunk& chunk) {
    reader.feed(chunk, [&](Event& event) {
      onlooker->regard(event);
      books.add(event);
    });
  });
  books.print();
  std::cout.flush();
  const ParseStats& stats = reader.stats();
  if (const auto errors = stats.by_kind[static_cast<std::size_t>(Kind::error)]; errors > 0) {
    std::cerr << "noci report: " << errors << " of " << stats.records
              << " records could not be read; `noci explain` says why\n";
  }
  return code;
}

}  // namespace noci
