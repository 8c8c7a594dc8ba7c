#pragma once
// What fuzz targets share: a claim that must hold, input in memory of exactly its size (so that a
// sanitizer sees every read beyond it), and small choices taken from the input itself.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "model/event.hpp"

namespace noci::fuzz {

inline void require_at(bool holds, const char* claim, int line) {
  if (!holds) {
    std::fprintf(stderr, "line %d: not so: %s\n", line, claim);
    std::abort();
  }
}

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the claim is to be printed.
#define FUZZ_REQUIRE(claim) ::noci::fuzz::require_at((claim), #claim, __LINE__)

/// A copy that ends where its memory ends.
class Exact {
 public:
  explicit Exact(std::string_view text) : bytes_(new char[text.size()]), size_(text.size()) {
    text.copy(bytes_.get(), text.size());
  }

  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

/// Takes bytes off the front of the input to decide with; zeros when there are none left.
class Choices {
 public:
  explicit Choices(std::string_view input) : rest_(input) {}

  std::size_t below(std::size_t end) {
    if (rest_.empty() || end == 0) {
      return 0;
    }
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return byte % end;
  }

  /// Up to the next byte `end`, which goes too.
  std::string_view part(char end) {
    const std::string_view taken = rest_.substr(0, rest_.find(end));
    rest_.remove_prefix(std::min(taken.size() + 1, rest_.size()));
    return taken;
  }

  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Everything an event says, which also reads every byte of every view.
inline std::string told(const Event& event) {
  std::string all(name_of(event.kind));
  all += format_rfc3339(event.timestamp);
  for (const std::string_view text : {event.reason, event.query}) {
    all += '\x1f';
    all += text;
  }
  for (std::size_t i = 0; i < field_count; ++i) {
    all += '\x1f';
    all += event.text(static_cast<Field>(i));
    if (const auto number = event.number(static_cast<Field>(i))) {
      all += std::to_string(*number);
    }
  }
  return all;
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace noci::fuzz
