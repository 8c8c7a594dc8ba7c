#include "settings/lists.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "settings/file.hpp"
#include "settings/folder.hpp"
#include "settings/reader.hpp"
#include "settings/suggest.hpp"

namespace noci {
namespace {

/// One line, word by word; a word may have a part in double quotes: reason="two words".
class LineReader {
 public:
  LineReader(std::string_view line, int number, Report& report)
      : line_(line), number_(number), report_(report) {}

  struct Word {
    std::string text;
    Place place;
  };

  /// Nothing at the end, at a comment, or at a fault.
  std::optional<Word> next() {
    while (at_ < line_.size() && (line_[at_] == ' ' || line_[at_] == '\t')) {
      ++at_;
    }
    if (at_ == line_.size() || line_[at_] == '#') {
      return std::nullopt;
    }
    Word word{{}, here()};
    bool in_quotes = false;
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      if (c == '"') {
        in_quotes = !in_quotes;
      } else if (!in_quotes && (c == ' ' || c == '\t')) {
        break;
      } else {
        word.text.push_back(c);
      }
    }
    if (in_quotes) {
      report_.fault(word.place, "bad-entry", "a quotation mark is never closed", "add `\"`");
      return std::nullopt;
    }
    return word;
  }

 private:
  [[nodiscard]] Place here() const { return {number_, static_cast<int>(at_) + 1}; }

  std::string_view line_;
  int number_;
  Report& report_;
  std::size_t at_ = 0;
};

void read_attribute(const LineReader::Word& word, ListEntry& entry, Report& report) {
  const auto equals = word.text.find('=');
  const std::string key = word.text.substr(0, equals);
  const std::string value = equals == std::string::npos ? "" : word.text.substr(equals + 1);
  if (equals == std::string::npos) {
    report.fault(word.place, "bad-entry", "unexpected " + cite(word.text) + " after the value",
                 "one value a line; then until=DATE, owner=WORD and reason=\"…\" may follow, and "
                 "a comment begins with #");
  } else if (key == "until") {
    entry.until = parse_until(value);
    if (!entry.until) {
      report.fault(word.place, "bad-entry", "'until' is " + cite(value),
                   "it must be a date such as 2026-12-31");
    }
  } else if (key == "owner") {
    entry.owner = value;
  } else if (key == "reason") {
    entry.reason = value;
  } else {
    report.fault(word.place, "unknown-key", "unknown key " + cite(key) + " in the entry",
                 suggest(key, {"until", "owner", "reason"}));
  }
}

bool matches_everything(std::string_view pattern) {
  // Every user id has `@` and `:`; stars around them select nothing.
  return pattern.find('*') != std::string_view::npos &&
         pattern.find_first_not_of("*?@:!") == std::string_view::npos;
}

void check_entry(const ListEntry& entry, Place place, std::optional<TimePoint> now,
                 Report& report) {
  if (matches_everything(entry.pattern)) {
    report.warn(place, "matches-everything",
                "the entry " + cite(entry.pattern) + " matches everybody",
                "name who is meant, for example @bot-*:example.org");
  }
  if (now && entry.until && *entry.until <= *now) {
    report.warn(place, "expired", "the entry " + cite(entry.pattern) + " has expired",
                "remove it, or give it a new date");
  }
}

}  // namespace

std::vector<ListEntry> parse_list(const std::string& text, std::optional<TimePoint> now,
                                  Report& report) {
  std::vector<ListEntry> entries;
  std::string_view rest = text;
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    LineReader words(line, number, report);
    const auto pattern = words.next();
    if (!pattern) {
      continue;
    }
    ListEntry entry;
    entry.pattern = pattern->text;
    while (const auto word = words.next()) {
      read_attribute(*word, entry, report);
    }
    if (entry.pattern.empty()) {
      report.fault(pattern->place, "bad-entry", "the value is empty", "remove the line");
      continue;
    }
    check_entry(entry, pattern->place, now, report);
    entries.push_back(std::move(entry));
  }
  return entries;
}

Lists load_lists(const std::vector<std::string>& folders, std::optional<TimePoint> now,
                 Faults& faults, Faults& warnings) {
  std::map<std::string, std::pair<List, std::string>> found;
  for (const std::string& folder : folders) {
    for (const std::string& path : files_in(folder, {".txt"}, false, faults)) {
      Report report(path, faults, warnings);
      const auto text = read_text_file(path, report);
      if (!text) {
        continue;
      }
      auto& [list, bytes] = found[std::filesystem::path(path).stem().string()];
      bytes += *text;
      std::vector<ListEntry> entries = parse_list(*text, now, report);
      std::move(entries.begin(), entries.end(), std::back_inserter(list.entries));
    }
  }
  Lists lists;
  for (auto& [name, content] : found) {
    content.first.name = name;
    lists[name] = {std::make_shared<const List>(std::move(content.first)),
                   std::move(content.second)};
  }
  return lists;
}

}  // namespace noci
