// Wrappers: any lines come out the same when the Unwrapper is saved and restored anywhere in
// between; and whatever Synapse prints, cut into any pieces and stored by a container runtime or
// the journal, is whole again behind it.

#include <optional>
#include <string>
#include <vector>

#include "fuzz/support.hpp"
#include "parse/unwrap.hpp"

namespace noci {
namespace {

constexpr std::size_t longest = 1024;

/// What comes out of one Unwrapper, in words.
class Sink {
 public:
  void operator()(const Record& record, bool oversize) {
    const std::string bytes(record.bytes);
    told.push_back((oversize ? "oversize" : bytes) + '\x1f' + std::to_string(record.position.line) +
                   '\x1f' + std::string(record.worker) + '\x1f' + std::string(record.logger) +
                   (record.continuation ? "+" : "") +
                   (record.written ? format_rfc3339(*record.written) : ""));
    texts.push_back(oversize ? std::nullopt : std::optional(bytes));
  }

  std::vector<std::string> told;
  std::vector<std::optional<std::string>> texts;
};

void check_restart(std::string_view input) {
  fuzz::Choices choices(input);
  const std::size_t cut = choices.below(12);
  Unwrapper whole(longest);
  Unwrapper parts(longest);
  Sink expected;
  Sink seen;
  std::uint64_t number = 0;
  for (std::string_view rest = choices.rest(); !rest.empty();) {
    const fuzz::Exact line(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(line.view().size() + 1, rest.size()));
    Record record;
    record.bytes = line.view();
    record.position = {number * 10, ++number};
    const bool oversize = line.view().ends_with("!!");
    if (number == cut) {
      ByteWriter saved;
      parts.save(saved, [](std::uint64_t, std::uint64_t) { return false; });
      parts = Unwrapper(longest);
      ByteReader in(saved.bytes());
      parts.restore(in);
      FUZZ_REQUIRE(in.ok() && in.at_end());
    }
    whole.push(record, oversize, 1, expected);
    parts.push(record, oversize, 1, seen);
  }
  FUZZ_REQUIRE(expected.told == seen.told);
}

std::string cri(std::string_view piece, bool ends) {
  return "2026-11-22T20:55:51.598123456Z stderr " + std::string(ends ? "F " : "P ") +
         std::string(piece);
}

/// `journalctl -o json` of any bytes.
std::string journal(std::string_view piece, bool ends) {
  std::string bytes;
  for (const char c : piece) {
    bytes += (bytes.empty() ? "" : ",") + std::to_string(static_cast<unsigned char>(c));
  }
  return R"({"__REALTIME_TIMESTAMP":"1795380951598123","MESSAGE":[)" + bytes + "]" +
         (ends ? "" : R"(,"_LINE_BREAK":"line-max")") + "}";
}

void check_wrapped(std::string_view input) {
  fuzz::Choices choices(input.substr(0, 8));
  std::string_view rest = input.substr(std::min<std::size_t>(input.size(), 8));
  const auto wrap = choices.below(2) == 0 ? cri : journal;
  Unwrapper unwrapper(longest);
  for (std::uint64_t number = 1; !rest.empty(); ++number) {
    const std::string line(rest.substr(0, rest.find('\n')));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    Sink sink;
    std::string_view left = line;
    bool ends = false;
    while (!ends) {
      const std::string_view piece = left.substr(0, 1 + choices.below(30));
      left.remove_prefix(piece.size());
      ends = left.empty();
      const fuzz::Exact wrapped(wrap(piece, ends));
      Record record;
      record.bytes = wrapped.view();
      record.position = {number, number};
      FUZZ_REQUIRE(sink.texts.empty());
      unwrapper.push(record, false, 1, sink);
    }
    FUZZ_REQUIRE(sink.texts.size() == 1);
    FUZZ_REQUIRE(sink.texts[0].has_value() == (line.size() <= longest));
    FUZZ_REQUIRE(!sink.texts[0] || *sink.texts[0] == line);
    FUZZ_REQUIRE(unwrapper.unfinished() == 0);
  }
}

}  // namespace
}  // namespace noci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = noci::fuzz::text_of(data, size);
  noci::check_restart(input);
  noci::check_wrapped(input);
  return 0;
}
