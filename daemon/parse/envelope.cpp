#include "parse/envelope.hpp"

#include "parse/scan.hpp"

namespace noci {
namespace {

constexpr std::size_t longest_name = 128;

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '-' ||
         c == '.' || c == ':' || c == '/' || c == '@';
}

/// `synapse.x: [GET-1] `, of a log that leaves the time to its transport.
bool begins_untimed(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && end < longest_name && is_name(text[end]) && text[end] != ':') {
    ++end;
  }
  return end > 0 && text.substr(end).starts_with(": [");
}

/// What a record starts with in any format that is known; wrappers nest, so another envelope counts
/// too.
bool begins_record(std::string_view text) {
  return text.starts_with('{') || (text.size() > 4 && is_digit(text[0]) && text[4] == '-') ||
         (text.size() > 8 && is_digit(text[0]) && text[2] == ':' && text[5] == ':') ||
         begins_untimed(text);
}

/// `NAME | `, padded with blanks by docker compose.
bool take_worker(std::string_view& text, std::string_view& name) {
  std::size_t end = 0;
  while (end < text.size() && end < longest_name && is_name(text[end])) {
    ++end;
  }
  std::size_t bar = end;
  while (bar < text.size() && bar < longest_name && text[bar] == ' ') {
    ++bar;
  }
  if (end == 0 || bar == end || text.substr(bar, 2) != "| ") {
    return false;
  }
  name = text.substr(0, end);
  text.remove_prefix(bar + 2);
  return true;
}

bool take_word(std::string_view& text, std::string_view& word) {
  Scanner scanner(text);
  if (!scanner.until(' ', word) || word.empty() || word.size() > 256) {
    return false;
  }
  text = scanner.rest();
  return true;
}

/// `<165>`
bool take_priority(std::string_view& text) {
  Scanner scanner(text);
  std::int64_t priority = 0;
  if (!scanner.literal("<") || !scanner.number(priority) || priority > 191 ||
      !scanner.literal(">")) {
    return false;
  }
  text = scanner.rest();
  return true;
}

/// A stamp and the blank behind it.
bool take_bsd_time(std::string_view& text, Stamp& stamp) {
  std::string_view rest = text;
  if (!take_bsd_stamp(rest, stamp) || !rest.starts_with(' ')) {
    return false;
  }
  text = rest.substr(1);
  return true;
}

/// `2026-11-22T20:55:51.598+00:00 `
bool take_iso_time(std::string_view& text, Stamp& stamp) {
  std::string_view rest = text;
  if (text.size() < 20 || text[10] != 'T' || !take_stamp(rest, stamp) || !rest.starts_with(' ')) {
    return false;
  }
  text = rest.substr(1);
  return true;
}

/// `host tag[pid]: `; what follows the colon is the message.
bool take_host_and_tag(std::string_view& text) {
  std::string_view host;
  std::string_view tag;
  return take_word(text, host) && take_word(text, tag) && tag.ends_with(':');
}

/// `[id name="value" …]…` or `-`, and the blank behind it.
bool take_structured_data(std::string_view& text) {
  if (text.starts_with("- ")) {
    text.remove_prefix(2);
    return true;
  }
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == ']' && text.substr(i, 2) == "] ") {
      text.remove_prefix(i + 2);
      return true;
    }
  }
  return false;
}

/// RFC 5424: `<PRI>1 TIMESTAMP HOST APP PROCID MSGID STRUCTURED-DATA MSG`.
bool take_rfc5424(std::string_view& text, Stamp& stamp) {
  std::string_view rest = text;
  std::string_view word;
  if (!rest.starts_with("1 ")) {
    return false;
  }
  rest.remove_prefix(2);
  std::string_view time = rest;
  if (!take_stamp(time, stamp)) {
    stamp = {};  // `-`: the sender has no clock
  }
  for (int i = 0; i < 5; ++i) {
    if (!take_word(rest, word)) {
      return false;
    }
  }
  if (!(rest.starts_with('[') || rest.starts_with('-')) || !take_structured_data(rest)) {
    return false;
  }
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (rest.starts_with(byte_order_mark)) {
    rest.remove_prefix(byte_order_mark.size());
  }
  text = rest;
  return true;
}

/// `123 ` of RFC 6587 in front of a priority.
void skip_octet_count(std::string_view& text) {
  Scanner scanner(text);
  std::int64_t count = 0;
  if (scanner.number(count) && scanner.literal(" ") && scanner.rest().starts_with('<')) {
    text = scanner.rest();
  }
}

bool take_syslog(std::string_view& text, Stamp& stamp) {
  std::string_view rest = text;
  skip_octet_count(rest);
  const bool has_priority = take_priority(rest);
  if (has_priority && take_rfc5424(rest, stamp)) {
    text = rest;
    return true;
  }
  if ((take_bsd_time(rest, stamp) || take_iso_time(rest, stamp)) && take_host_and_tag(rest)) {
    text = rest;
    return true;
  }
  stamp = {};
  return false;
}

}  // namespace

Envelope open_envelope(std::string_view line, bool any_body) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (line.starts_with(byte_order_mark)) {
    line.remove_prefix(byte_order_mark.size());
  }
  // The common case first: a bare record.
  if (line.starts_with('{') || (line.size() > 10 && line[4] == '-' && line[10] == ' ')) {
    return {{}, line, {}};
  }
  Envelope envelope{{}, line, {}};
  const bool is_syslog = take_syslog(envelope.body, envelope.stamp);
  for (int depth = 0; depth < 2; ++depth) {
    if (!take_worker(envelope.body, envelope.worker)) {
      break;
    }
  }
  Stamp printed;
  std::string_view behind = envelope.body;
  if (!is_syslog && take_iso_time(behind, printed) && begins_record(behind)) {
    envelope.body = behind;
    envelope.stamp = printed;
  }
  return any_body || begins_record(envelope.body) ? envelope : Envelope{{}, line, {}};
}

}  // namespace noci
