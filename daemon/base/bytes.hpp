#pragma once
// The binary form of what survives a restart: little-endian integers as LEB128 varints, strings
// and blobs with their length in front. Reading is total: a short or broken input makes `ok()`
// false and every further read yields a zero, so a damaged blob can never crash the daemon.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace noci {

class ByteWriter {
 public:
  void number(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }

  /// Signed numbers, small magnitudes short (zigzag).
  void integer(std::int64_t value) {
    number((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }

  void fixed64(std::uint64_t value) {
    for (int i = 0; i < 8; ++i) {
      out_.push_back(static_cast<char>(value >> (8 * i)));
    }
  }

  void text(std::string_view value) {
    number(value.size());
    out_.append(value);
  }

  [[nodiscard]] const std::string& bytes() const { return out_; }

  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view in) : in_(in) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) {
        return fail();
      }
      const auto byte = static_cast<unsigned char>(in_.front());
      in_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    return fail();
  }

  std::int64_t integer() {
    const std::uint64_t raw = number();
    return static_cast<std::int64_t>(raw >> 1) ^ -static_cast<std::int64_t>(raw & 1);
  }

  std::uint64_t fixed64() {
    if (in_.size() < 8) {
      return fail();
    }
    std::uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
      value |=
          static_cast<std::uint64_t>(static_cast<unsigned char>(in_[static_cast<std::size_t>(i)]))
          << (8 * i);
    }
    in_.remove_prefix(8);
    return value;
  }

  /// A view into the input.
  std::string_view text() {
    const std::uint64_t length = number();
    if (length > in_.size()) {
      fail();
      return {};
    }
    const std::string_view value = in_.substr(0, length);
    in_.remove_prefix(length);
    return value;
  }

  /// A count of things that each take at least one byte: never more than what is left.
  std::uint64_t count() {
    const std::uint64_t value = number();
    return value > in_.size() ? fail() : value;
  }

  [[nodiscard]] bool ok() const { return ok_; }

  [[nodiscard]] bool at_end() const { return in_.empty(); }

 private:
  std::uint64_t fail() {
    ok_ = false;
    in_ = {};
    return 0;
  }

  std::string_view in_;
  bool ok_ = true;
};

}  // namespace noci
