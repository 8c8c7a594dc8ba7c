#include "parse/line.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "parse/find_byte.hpp"
#include "parse/scan.hpp"

namespace noci {
namespace {

constexpr std::string_view separator = " - ";
/// A listener's tag is free text and part of the logger's name; this bounds the search behind it.
constexpr std::size_t longest_logger = 512;

bool take_level(std::string_view& text, std::string_view& level) {
  constexpr std::array<std::string_view, 5> levels{"INFO", "WARNING", "ERROR", "DEBUG", "CRITICAL"};
  for (const std::string_view name : levels) {
    if (text.size() >= name.size() + separator.size() && text.starts_with(name) &&
        text.substr(name.size(), separator.size()) == separator) {
      level = name;
      text.remove_prefix(name.size() + separator.size());
      return true;
    }
  }
  return false;
}

/// `logger - lineno - LEVEL - `. A tag with a dash in it makes the logger longer, so every dash is
/// tried until the number and the level follow.
bool take_logger(std::string_view& text, LogLine& out) {
  for (std::size_t from = 0; from < longest_logger;) {
    const std::size_t end = text.find(separator, from);
    if (end == std::string_view::npos || end > longest_logger) {
      return false;
    }
    Scanner scanner(text.substr(end + separator.size()));
    std::int64_t line_number = 0;
    if (scanner.number(line_number) && scanner.literal(separator)) {
      std::string_view rest = scanner.rest();
      if (take_level(rest, out.level)) {
        out.logger = text.substr(0, end);
        text = rest;
        return !out.logger.empty();
      }
    }
    from = end + 1;
  }
  return false;
}

/// `request - message`, or `request- message` of the old sample configuration.
bool take_request(std::string_view text, LogLine& out) {
  const std::string_view token = text.substr(0, find_byte(text, ' '));
  if (token.size() < text.size() && token.ends_with('-') &&
      !text.substr(token.size() + 1).starts_with("- ")) {
    out.request = token.substr(0, token.size() - 1);
    out.message = text.substr(token.size() + 1);
    return true;
  }
  const std::size_t end =
      text.substr(token.size()).starts_with(separator) ? token.size() : text.find(separator);
  if (end == std::string_view::npos) {
    return false;
  }
  out.request = text.substr(0, end);
  out.message = text.substr(end + separator.size());
  return true;
}

/// A logger's name; the tag of an access logger is free text.
bool is_logger(std::string_view text) {
  if (text.starts_with("synapse.access.http")) {
    return !has_control(text);
  }
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '.' || c == '_';
  });
}

/// Bounds the search for where free text ends; a genuine line needs a handful.
constexpr int most_tries = 64;

/// Blanks that pad a value to its width.
void skip_padding(std::string_view& text, std::size_t width) {
  while (width > 0 && text.starts_with(' ')) {
    text.remove_prefix(1);
    --width;
  }
}

bool take_number(std::string_view& text) {
  std::size_t end = 0;
  while (end < text.size() && (is_digit(text[end]) || text[end] == '.')) {
    ++end;
  }
  text.remove_prefix(end);
  return end > 0;
}

bool take_level_name(std::string_view& text, std::string_view& level) {
  constexpr std::array<std::string_view, 7> levels{"INFO",     "WARNING", "WARN", "ERROR",
                                                   "CRITICAL", "DEBUG",   "FATAL"};
  for (const std::string_view name : levels) {
    if (text.starts_with(name)) {
      level = name;
      text.remove_prefix(name.size());
      return true;
    }
  }
  return false;
}

/// Words whose end shows by itself; `taken` says whether this is one of them.
bool take_shaped(const FormatPiece& piece, std::string_view& text, LogLine& out, bool& taken) {
  taken = true;
  const std::size_t before = text.size();
  if (!piece.left) {
    skip_padding(text, piece.width);
  }
  bool fits = false;
  if (piece.text == "asctime") {
    fits = take_stamp(text, out.stamp);
  } else if (piece.text == "levelname") {
    fits = take_level_name(text, out.level);
  } else if (piece.text == "lineno" || piece.text == "levelno" || piece.text == "msecs" ||
             piece.text == "created" || piece.text == "process" || piece.text == "thread" ||
             piece.text == "relativeCreated") {
    fits = take_number(text);
  } else {
    taken = false;
    return true;
  }
  const std::size_t length = before - text.size();
  if (piece.left && fits && length < piece.width) {
    skip_padding(text, piece.width - length);
  }
  return fits;
}

void set_word(std::string_view word, std::string_view value, LogLine& out) {
  if (word == "name") {
    out.logger = value;
  } else if (word == "request") {
    out.request = value;
  }
}

/// Free text ends where the literal behind it begins and the rest fits too.
bool match(const std::vector<FormatPiece>& prefix, std::size_t at, std::string_view text,
           LogLine& out, int& tries) {
  for (; at < prefix.size(); ++at) {
    const FormatPiece& piece = prefix[at];
    bool taken = true;
    if (!piece.is_word) {
      if (!text.starts_with(piece.text)) {
        return false;
      }
      text.remove_prefix(piece.text.size());
    } else if (piece.text == "message") {
      break;
    } else if (!take_shaped(piece, text, out, taken)) {
      return false;
    } else if (!taken) {
      const std::string_view literal = prefix[at + 1].text;
      // A padded value is never shorter than its width.
      for (std::size_t end = text.find(literal, piece.width);
           end != std::string_view::npos && end <= longest_logger;
           end = text.find(literal, end + 1)) {
        if (--tries < 0) {
          return false;
        }
        std::string_view value = text.substr(0, end);
        while (piece.left && value.ends_with(' ')) {
          value.remove_suffix(1);
        }
        if (!piece.left) {
          skip_padding(value, piece.width);
        }
        if (piece.text == "name" && !is_logger(value)) {
          continue;
        }
        LogLine attempt = out;
        set_word(piece.text, value, attempt);
        if (match(prefix, at + 1, text.substr(end), attempt, tries)) {
          out = attempt;
          return true;
        }
      }
      return false;
    }
  }
  out.message = text;
  return true;
}

/// `%(asctime)s.%(msecs)03dZ`: a stamp takes its milliseconds and zone, so nothing else must.
void let_stamps_take_all(std::vector<FormatPiece>& prefix) {
  for (std::size_t i = 0; i + 1 < prefix.size(); ++i) {
    if (!prefix[i].is_word || prefix[i].text != "asctime") {
      continue;
    }
    const auto next = prefix.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    if (i + 2 < prefix.size() && (next->text == "." || next->text == ",") &&
        prefix[i + 2].is_word && prefix[i + 2].text == "msecs") {
      prefix.erase(next, next + 2);
    }
    if (i + 1 < prefix.size() && !prefix[i + 1].is_word && prefix[i + 1].text.starts_with('Z')) {
      prefix[i + 1].text.erase(0, 1);
    }
  }
}

}  // namespace

bool parse_log_line(std::string_view line, LogLine& out) {
  out = {};
  if (!take_stamp(line, out.stamp) || !line.starts_with(separator)) {
    return false;
  }
  line.remove_prefix(separator.size());
  constexpr std::string_view worker = "worker:";
  if (line.starts_with(worker)) {
    const std::size_t end = line.find(separator);
    if (end == std::string_view::npos) {
      return false;
    }
    out.worker = line.substr(worker.size(), end - worker.size());
    line.remove_prefix(end + separator.size());
  }
  return take_logger(line, out) && take_request(line, out);
}

bool parse_journal_line(std::string_view line, LogLine& out) {
  out = {};
  constexpr std::string_view before_request = ": [";
  const std::size_t end = line.substr(0, longest_logger).find(before_request);
  if (end == std::string_view::npos || !is_logger(line.substr(0, end))) {
    return false;
  }
  out.logger = line.substr(0, end);
  line.remove_prefix(end + before_request.size());
  const std::size_t close = line.find("] ");
  if (close == std::string_view::npos) {
    return false;
  }
  out.request = line.substr(0, close);
  out.message = line.substr(close + 2);
  return true;
}

bool parse_prefixed_line(std::string_view line, const std::vector<FormatPiece>& prefix,
                         LogLine& out) {
  out = {};
  int tries = most_tries;
  return match(prefix, 0, line, out, tries);
}

LineReader::LineReader(std::string_view prefix) {
  if (auto pieces = parse_log_prefix(prefix)) {
    prefix_ = std::move(*pieces);
    let_stamps_take_all(prefix_);
  }
}

bool LineReader::read(std::string_view line, std::string_view logger, LogLine& out) {
  if (!prefix_.empty()) {
    return parse_prefixed_line(line, prefix_, out);
  }
  if (parse_log_line(line, out)) {
    const bool is_dated = out.stamp.minute.size() == Stamp::dated;
    if (is_dated || since_dated_ >= forgotten_after) {
      since_dated_ = is_dated ? 0 : since_dated_;
      return true;
    }
  }
  if (since_dated_ < forgotten_after) {
    ++since_dated_;
    return false;
  }
  if (parse_journal_line(line, out) && (logger.empty() || logger == out.logger)) {
    return true;
  }
  out = {};
  out.logger = logger;
  out.message = line;
  return !logger.empty();
}

void LineReader::save(ByteWriter& out) const {
  out.number(since_dated_);
}

void LineReader::restore(ByteReader& in) {
  since_dated_ = in.number();
}

}  // namespace noci
