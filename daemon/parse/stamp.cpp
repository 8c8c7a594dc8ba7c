#include "parse/stamp.hpp"

#include "parse/scan.hpp"

namespace noci {
namespace {

/// A `0` stands for any digit, a `T` for itself or a blank.
bool shaped_like(std::string_view text, std::string_view shape) {
  if (text.size() < shape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < shape.size(); ++i) {
    const bool fits = shape[i] == '0'   ? is_digit(text[i])
                      : shape[i] == 'T' ? text[i] == ' ' || text[i] == 'T'
                                        : text[i] == shape[i];
    if (!fits) {
      return false;
    }
  }
  return true;
}

/// `0000-00-00T00:00:00`, which nearly every line of a text log begins with.
bool is_dated(std::string_view text) {
  constexpr std::string_view shape = "0000-00-00T00:00:00";
  if (text.size() < shape.size()) {
    return false;
  }
  // No branch for each digit: all are looked at before anything is decided.
  unsigned wrong = 0;
  for (const std::size_t at : {0U, 1U, 2U, 3U, 5U, 6U, 8U, 9U, 11U, 12U, 14U, 15U, 17U, 18U}) {
    wrong |= static_cast<unsigned char>(text[at] - '0') > 9 ? 1U : 0U;
  }
  return wrong == 0 && text[4] == '-' && text[7] == '-' && (text[10] == ' ' || text[10] == 'T') &&
         text[13] == ':' && text[16] == ':';
}

int two_digits(std::string_view text, std::size_t at) {
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

int take_milliseconds(std::string_view& text) {
  int milliseconds = 0;
  if (text.size() > 1 && (text[0] == ',' || text[0] == '.') && is_digit(text[1])) {
    text.remove_prefix(1);
    for (int weight = 100; !text.empty() && is_digit(text.front()); weight /= 10) {
      milliseconds += weight * (text.front() - '0');
      text.remove_prefix(1);
    }
  }
  return milliseconds;
}

/// `Z`, `+02:00`, `+0200`, also behind a blank as `%z` is often written.
void take_offset(std::string_view& text, Stamp& out) {
  if (text.starts_with('Z')) {
    out.offset = Duration::zero();
    text.remove_prefix(1);
    return;
  }
  const std::size_t sign = text.starts_with(' ') ? 1 : 0;
  if (text.size() < sign + 5 || (text[sign] != '+' && text[sign] != '-')) {
    return;
  }
  const std::string_view digits = text.substr(sign + 1);
  const bool has_colon = shaped_like(digits, "00:00");
  if (!has_colon && !shaped_like(digits, "0000")) {
    return;
  }
  const int hours = two_digits(digits, 0);
  const int minutes = two_digits(digits, has_colon ? 3 : 2);
  if (hours > 23 || minutes > 59) {
    return;
  }
  const Duration east = std::chrono::hours{hours} + std::chrono::minutes{minutes};
  out.offset = text[sign] == '-' ? -east : east;
  text.remove_prefix(sign + (has_colon ? 6 : 5));
}

/// The time that ends at `size`; its shape is checked.
bool take_time(std::string_view& text, std::size_t size, std::size_t minute, Stamp& out) {
  const int seconds = two_digits(text, size - 2);
  if (seconds > 60) {
    return false;
  }
  out.minute = text.substr(0, minute);
  text.remove_prefix(size);
  out.within = std::chrono::seconds{seconds} + std::chrono::milliseconds{take_milliseconds(text)};
  return true;
}

}  // namespace

bool take_stamp(std::string_view& text, Stamp& out) {
  out = {};
  if (is_dated(text) && take_time(text, 19, Stamp::dated, out)) {
    take_offset(text, out);
    return true;
  }
  return shaped_like(text, "00:00:00") && take_time(text, 8, Stamp::time_only, out);
}

bool take_bsd_stamp(std::string_view& text, Stamp& out) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  constexpr std::size_t length = 15;
  out = {};
  if (text.size() < length || months.find(text.substr(0, 3)) % 3 != 0 || text[3] != ' ' ||
      !(text[4] == ' ' || is_digit(text[4])) || !shaped_like(text.substr(5), "0 00:00:00")) {
    return false;
  }
  const int seconds = two_digits(text, 13);
  out.minute = text.substr(0, Stamp::bsd);
  out.within = std::chrono::seconds{seconds};
  text.remove_prefix(length);
  return seconds <= 60;
}

}  // namespace noci
