#include "detect/text_pattern.hpp"

namespace noci::detect {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace

bool is_case_sensitive(Field field) {
  switch (field) {
    case Field::user_id:
    case Field::effective_user_id:
    case Field::actor_id:
    case Field::room_id:
    case Field::media_id:
    case Field::target_user_id:
    case Field::server_name:
    case Field::request_id:
      return true;
    default:
      return false;
  }
}

std::string folded(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    c = lower(c);
  }
  return out;
}

TextPattern::TextPattern(std::string_view pattern, Match match, bool case_sensitive)
    : case_sensitive_(case_sensitive) {
  if (match == Match::contains || match == Match::endswith) {
    units_.push_back(any_run);
  }
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    char c = pattern[i];
    if (c == '*' || c == '?') {
      units_.push_back(c == '*' ? any_run : any_one);
      continue;
    }
    if (c == '\\' && i + 1 < pattern.size() &&
        (pattern[i + 1] == '*' || pattern[i + 1] == '?' || pattern[i + 1] == '\\')) {
      c = pattern[++i];
    }
    units_.push_back(static_cast<unsigned char>(case_sensitive_ ? c : lower(c)));
  }
  if (match == Match::contains || match == Match::startswith) {
    units_.push_back(any_run);
  }
}

bool TextPattern::matches(std::string_view text) const {
  std::size_t unit = 0;
  std::size_t at = 0;
  std::size_t star = units_.size();
  std::size_t resume = 0;
  while (at < text.size()) {
    if (unit < units_.size() && units_[unit] == any_run) {
      star = unit++;
      resume = at;
    } else if (unit < units_.size() && equal(units_[unit], text[at])) {
      ++unit;
      ++at;
    } else if (star < units_.size()) {
      unit = star + 1;
      at = ++resume;
    } else {
      return false;
    }
    if (unit == units_.size() && star + 1 == unit) {
      return true;  // a trailing `*` takes all the rest
    }
  }
  while (unit < units_.size() && units_[unit] == any_run) {
    ++unit;
  }
  return unit == units_.size();
}

bool TextPattern::equal(std::uint16_t unit, char c) const {
  return unit == any_one || unit == static_cast<unsigned char>(case_sensitive_ ? c : lower(c));
}

}  // namespace noci::detect
