#include "io/line_splitter.hpp"

#include <algorithm>

namespace noci {
namespace {

/// Nobody sends a message of ten megabytes and means it.
constexpr std::size_t most_digits = 7;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

bool LineSplitter::push(std::string_view bytes, std::string& lines) {
  if (framing_ == Framing::unknown) {
    partial_.append(bytes);
    if (!detect()) {
      return true;
    }
    const std::string all = std::move(partial_);
    partial_.clear();
    return push(all, lines);
  }
  if (framing_ == Framing::counts) {
    return take_counts(bytes, lines);
  }
  take_lines(bytes, lines);
  return true;
}

bool LineSplitter::is_inside_line() const {
  return !partial_.empty() || too_long_ || in_message_ || !count_.empty();
}

std::string_view LineSplitter::rest() const {
  return too_long_ || framing_ == Framing::counts ? std::string_view{} : partial_;
}

void LineSplitter::take_lines(std::string_view bytes, std::string& lines) {
  for (;;) {
    const auto end = bytes.find('\n');
    keep(bytes.substr(0, end));
    if (end == std::string_view::npos) {
      return;
    }
    finish(lines);
    bytes.remove_prefix(end + 1);
  }
}

bool LineSplitter::take_counts(std::string_view bytes, std::string& lines) {
  while (!bytes.empty()) {
    if (!in_message_) {
      const char c = bytes.front();
      bytes.remove_prefix(1);
      if (is_digit(c) && count_.size() < most_digits) {
        count_.push_back(c);
      } else if (c == ' ' && !count_.empty()) {
        left_ = std::stoull(count_);
        count_.clear();
        in_message_ = true;
      } else if (c != '\n' || !count_.empty()) {  // some end their messages with LF as well
        return false;
      }
    }
    if (in_message_) {
      const auto part = bytes.substr(0, left_);
      left_ -= part.size();
      bytes.remove_prefix(part.size());
      if (left_ == 0) {
        // A message of several lines is several lines to us, its last LF or not.
        take_lines(part.ends_with('\n') ? part.substr(0, part.size() - 1) : part, lines);
        finish(lines);
        in_message_ = false;
      } else {
        take_lines(part, lines);
      }
    }
  }
  return true;
}

/// False: too little to tell.
bool LineSplitter::detect() {
  const auto count = std::find_if_not(partial_.begin(), partial_.end(), is_digit);
  const std::string_view behind(count, partial_.end());
  const auto digits = partial_.size() - behind.size();
  if (digits == 0 || digits > most_digits || partial_.front() == '0') {
    framing_ = Framing::lines;
  } else if (behind.size() >= 2 || (!behind.empty() && behind.front() != ' ')) {
    framing_ = behind.starts_with(" <") ? Framing::counts : Framing::lines;
  }
  return framing_ != Framing::unknown;
}

void LineSplitter::keep(std::string_view bytes) {
  if (too_long_) {
    return;
  }
  too_long_ = partial_.size() + bytes.size() > longest_;
  if (too_long_) {
    partial_ = {};
  } else {
    partial_.append(bytes);
  }
}

void LineSplitter::finish(std::string& lines) {
  if (too_long_) {
    ++oversize_lines_;
    too_long_ = false;
  } else {
    lines += partial_;
    lines.push_back('\n');
    ++lines_;
  }
  partial_.clear();
}

}  // namespace noci
