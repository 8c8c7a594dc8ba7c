#include "io/read_ahead.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "support/catch.hpp"

using namespace noci;

namespace {

/// Letters, as many as are asked for, up to `size`; then a fault or the end. Counts what was read.
class Letters final : public ByteInput {
 public:
  Letters(std::size_t size, std::optional<InputFault> fault, std::atomic<std::size_t>& given)
      : size_(size), fault_(std::move(fault)), given_(given) {}

  tl::expected<std::size_t, InputFault> read(char* to, std::size_t size) override {
    const std::size_t count = std::min(size, size_ - given_);
    if (count == 0 && fault_) {
      return tl::unexpected(*std::exchange(fault_, std::nullopt));
    }
    for (std::size_t i = 0; i < count; ++i) {
      to[i] = letter(given_ + i);
    }
    given_ += count;
    return count;
  }

  [[nodiscard]] std::uint64_t taken() const override { return given_ / 2; }

  [[nodiscard]] bool is_pipe() const override { return false; }

  static char letter(std::size_t at) { return static_cast<char>('a' + at * 7 / 5 % 26); }

 private:
  std::size_t size_;
  std::optional<InputFault> fault_;
  std::atomic<std::size_t>& given_;
};

constexpr std::size_t block = 1000;

}  // namespace

TEST_CASE("what is read ahead comes out in order, whatever sizes are asked for, and then the end") {
  std::atomic<std::size_t> given = 0;
  constexpr std::size_t size = 12'345;
  const auto input = read_ahead(std::make_unique<Letters>(size, std::nullopt, given), block);
  std::string all;
  std::uint64_t taken = 0;
  for (std::size_t asked = 1;; asked = asked * 3 % 1777 + 1) {
    std::string piece(asked, '\0');
    const auto count = input->read(piece.data(), piece.size());
    REQUIRE(count);
    if (*count == 0) {
      break;
    }
    CHECK(*count <= asked);
    CHECK(input->taken() >= taken);
    taken = input->taken();
    all += piece.substr(0, *count);
  }
  REQUIRE(all.size() == size);
  for (std::size_t i = 0; i < size; ++i) {
    REQUIRE(all[i] == Letters::letter(i));
  }
  CHECK(taken == size / 2);
  char none = '\0';
  CHECK(input->read(&none, 1) == 0);
}

TEST_CASE("a fault comes after all that was read before it, once") {
  std::atomic<std::size_t> given = 0;
  const auto input =
      read_ahead(std::make_unique<Letters>(2500, InputFault{"it is torn", true}, given), block);
  std::string buffer(block, '\0');
  std::size_t total = 0;
  auto count = input->read(buffer.data(), buffer.size());
  for (; count && *count > 0; count = input->read(buffer.data(), buffer.size())) {
    total += *count;
  }
  CHECK(total == 2500);
  REQUIRE(!count);
  CHECK(count.error().what == "it is torn");
  CHECK(count.error().is_damaged);
  CHECK(input->read(buffer.data(), buffer.size()) == 0);
}

TEST_CASE("no more than a few blocks are read ahead, and who lets go need not read the rest") {
  std::atomic<std::size_t> given = 0;
  auto input =
      read_ahead(std::make_unique<Letters>(std::size_t{1} << 30, std::nullopt, given), block);
  std::string buffer(block, '\0');
  CHECK(input->read(buffer.data(), buffer.size()) == block);
  input.reset();  // waits for the thread
  CHECK(given <= 4 * block);
}
