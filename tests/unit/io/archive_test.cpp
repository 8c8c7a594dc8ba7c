#include "io/archive.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/packing.hpp"

using namespace noci;
using namespace noci::testing;
using Catch::Matchers::ContainsSubstring;

namespace {

/// Bytes in memory, given out `piece` at a time as a pipe would.
class Bytes final : public ByteInput {
 public:
  Bytes(std::string bytes, std::size_t piece) : bytes_(std::move(bytes)), piece_(piece) {}

  tl::expected<std::size_t, InputFault> read(char* to, std::size_t size) override {
    const std::size_t count = std::min({size, piece_, bytes_.size() - at_});
    bytes_.copy(to, count, at_);
    at_ += count;
    return count;
  }

  [[nodiscard]] std::uint64_t taken() const override { return at_; }

  [[nodiscard]] bool is_pipe() const override { return true; }

 private:
  std::string bytes_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

struct Unpacked {
  std::string bytes;
  std::string fault;
  bool is_damaged = false;
  std::uint64_t taken = 0;
};

Unpacked unpack(std::string packed, std::size_t piece = 1 << 16, std::size_t block = 1 << 12) {
  const auto input = unpacked(std::make_unique<Bytes>(std::move(packed), piece));
  Unpacked all;
  std::string buffer(block, '\0');
  for (;;) {
    const auto count = input->read(buffer.data(), buffer.size());
    all.taken = input->taken();
    if (!count) {
      all.fault = count.error().what;
      all.is_damaged = count.error().is_damaged;
      REQUIRE(input->read(buffer.data(), buffer.size()) == 0);  // a fault is told once
      return all;
    }
    if (*count == 0) {
      return all;
    }
    all.bytes.append(buffer, 0, *count);
  }
}

std::string many_lines() {
  std::string text;
  while (text.size() < 1'200'000) {
    text += "line " + std::to_string(text.size() * 2654435761U % 999983) + "\n";
  }
  return text;
}

using Pack = std::string (*)(std::string_view);

}  // namespace

TEST_CASE("archives come out as they went in, however their bytes come") {
  const std::string text = many_lines();
  const Pack pack = GENERATE(as<Pack>{}, gzip, zstd);
  const std::string packed = pack(text);
  REQUIRE(packed.size() < text.size());
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20}) {
    const Unpacked all = unpack(packed, piece, 10'000);
    REQUIRE(all.bytes == text);
    REQUIRE(all.fault.empty());
    REQUIRE(all.taken == packed.size());
  }
}

TEST_CASE("members and frames that follow one another are one log") {
  REQUIRE(unpack(gzip("one\n") + gzip("") + gzip("two\n")).bytes == "one\ntwo\n");
  REQUIRE(unpack(zstd("one\n") + zstd("") + zstd("two\n")).bytes == "one\ntwo\n");
  const std::string skippable("\x5a\x2a\x4d\x18\x03\x00\x00\x00xyz", 11);
  const Unpacked all = unpack(skippable + zstd("one\n") + skippable + zstd("two\n"), 1);
  REQUIRE(all.bytes == "one\ntwo\n");
  REQUIRE(all.fault.empty());
}

TEST_CASE("zeros behind a gzip member are filling, anything else is damage") {
  REQUIRE(unpack(gzip("one\n") + std::string(1000, '\0')).fault.empty());
  const Unpacked all = unpack(gzip("one\n") + "garbage behind it");
  REQUIRE(all.bytes == "one\n");
  REQUIRE(all.is_damaged);
  REQUIRE_THAT(all.fault, ContainsSubstring("the gzip archive is damaged"));
}

TEST_CASE("of a truncated archive everything before its end comes out") {
  const std::string text = many_lines();
  const Pack pack = GENERATE(as<Pack>{}, gzip, zstd);
  const std::string packed = pack(text);
  for (const std::size_t left : {packed.size() / 2, packed.size() - 1}) {
    const Unpacked all = unpack(packed.substr(0, left));
    REQUIRE(all.bytes.size() > text.size() / 4);
    REQUIRE(text.starts_with(all.bytes));
    REQUIRE(all.is_damaged);
    REQUIRE_THAT(all.fault, ContainsSubstring("ends too early"));
  }
}

TEST_CASE("a flipped bit is noticed") {
  const std::string text = many_lines();
  const Pack pack = GENERATE(as<Pack>{}, gzip, zstd);
  std::string packed = pack(text);
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);
  const Unpacked all = unpack(packed);
  // zstd's frames carry a checksum only when asked for, so the flip may pass as other text
  REQUIRE((all.is_damaged || all.bytes != text));
}

TEST_CASE("what is no archive comes out as it is") {
  for (const std::string text : {"", "\x1f", "\x28\xb5", "BZ", "P", "plain\n", "\x1f plain\n"}) {
    const Unpacked all = unpack(text, 1);
    REQUIRE(all.bytes == text);
    REQUIRE(all.fault.empty());
  }
}

TEST_CASE("an archive of another kind names the program that helps") {
  const Unpacked all = unpack(std::string("\xfd\x37zXZ\x00 and so on", 17));
  REQUIRE_THAT(all.fault, ContainsSubstring("xzcat"));
  REQUIRE(all.is_damaged);
  REQUIRE(packing_of("BZh9") == Packing::other);
}

TEST_CASE("an archive that wants more memory than is granted is refused") {
  // Magic, a descriptor without single segment, a window of 2^41 bytes.
  const std::string frame("\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00", 9);
  const Unpacked all = unpack(frame);
  REQUIRE(all.is_damaged);
  REQUIRE_THAT(all.fault, ContainsSubstring("memory"));
}
