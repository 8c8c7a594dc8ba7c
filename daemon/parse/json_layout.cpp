#include "parse/json_layout.hpp"

#include <algorithm>
#include <cstring>

#include "parse/plain_text.hpp"
#include "parse/scan.hpp"

namespace noci {
namespace {

/// From left to right; each step either matches or leaves the line to others.
class Layout {
 public:
  explicit Layout(std::string_view line) : at_(line.data()), end_(line.data() + line.size()) {}

  template <std::size_t size>
  bool literal(const char (&text)[size]) {
    constexpr std::size_t length = size - 1;
    if (static_cast<std::size_t>(end_ - at_) < length || std::memcmp(at_, text, length) != 0) {
      return false;
    }
    at_ += length;
    return true;
  }

  /// Up to the quote that ends the string, which is taken too.
  bool text(std::string_view& out) {
    const char* const stop = skip_plain(at_, end_);
    if (stop == end_ || *stop != '"') {
      return false;
    }
    out = {at_, static_cast<std::size_t>(stop - at_)};
    at_ = stop + 1;
    return true;
  }

  bool text_or_null(std::string_view& out) {
    return literal("null") || (literal("\"") && text(out));
  }

  /// The same with `\"` in it.
  bool message(Arena& arena, std::string_view& out) {
    const char* stop = skip_plain(at_, end_);
    if (stop != end_ && *stop == '"') {
      return text(out);
    }
    char* const begin = arena.allocate(static_cast<std::size_t>(end_ - at_));
    char* to = begin;
    for (;;) {
      to = std::copy(at_, stop, to);
      at_ = stop;
      if (literal("\"")) {
        out = {begin, static_cast<std::size_t>(to - begin)};
        return true;
      }
      if (!literal("\\\"")) {
        return false;
      }
      *to++ = '"';
      stop = skip_plain(at_, end_);
    }
  }

  /// Seconds since the epoch, with at most the three decimals that a time can hold.
  bool time(std::optional<TimePoint>& out) {
    std::int64_t seconds = 0;
    std::int64_t milliseconds = 0;
    const char* const begin = at_;
    for (; at_ != end_ && is_digit(*at_); ++at_) {
      if (at_ - begin == 11) {
        return false;
      }
      seconds = seconds * 10 + (*at_ - '0');
    }
    // JSON has no leading zeros; beyond the year 9999 no event time may lie.
    if (at_ == begin || *begin == '0' || seconds >= 253'402'300'800) {
      return false;
    }
    if (literal(".")) {
      std::int64_t weight = 100;
      const char* const point = at_;
      for (; at_ != end_ && is_digit(*at_) && weight > 0; ++at_, weight /= 10) {
        milliseconds += weight * (*at_ - '0');
      }
      if (at_ == point) {
        return false;
      }
    }
    out = TimePoint(Duration(seconds * 1000 + milliseconds));
    return true;
  }

  [[nodiscard]] bool is_at_end() const { return at_ == end_; }

 private:
  const char* at_;
  const char* end_;
};

bool read_request(Layout& layout, AccessKeys& keys) {
  return layout.text(keys.address) && layout.literal(R"(,"site_tag":")") && layout.text(keys.tag) &&
         layout.literal(R"(,"requester":)") && layout.text_or_null(keys.requester) &&
         layout.literal(R"(,"authenticated_entity":)") &&
         layout.text_or_null(keys.authenticated_entity) && layout.literal(R"(,"method":")") &&
         layout.text(keys.method) && layout.literal(R"(,"url":")") && layout.text(keys.uri) &&
         layout.literal(R"(,"protocol":")") && layout.text(keys.protocol) &&
         layout.literal(R"(,"user_agent":")") && layout.text(keys.user_agent);
}

}  // namespace

bool read_json_layout(std::string_view line, Arena& arena, JsonLine& out) {
  out = {};
  Layout layout(line);
  if (!layout.literal(R"({"log":")") || !layout.message(arena, out.message) ||
      !layout.literal(R"(,"namespace":")") || !layout.text(out.logger) || out.logger.empty() ||
      !layout.literal(R"(,"level":")") || !layout.text(out.level) ||
      !layout.literal(R"(,"time":)") || !layout.time(out.time)) {
    return false;
  }
  // Before the request since about 1.140, at the end before that.
  bool has_server = layout.literal(R"(,"server_name":")");
  if (has_server && !layout.text(out.server_name)) {
    return false;
  }
  if (!layout.literal(R"(,"request":")") || !layout.text(out.request)) {
    return false;
  }
  if (layout.literal(R"(,"ip_address":")")) {
    out.has_request_keys = true;
    if (!read_request(layout, out.request_keys)) {
      return false;
    }
  }
  if (!has_server && layout.literal(R"(,"server_name":")") && !layout.text(out.server_name)) {
    return false;
  }
  return layout.literal("}") && layout.is_at_end();
}

}  // namespace noci
