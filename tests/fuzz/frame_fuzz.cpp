// Framing: however the bytes are cut, the lines are those of the definition, and a stream read on
// from its cursor gives the rest of them.

#include <string>
#include <tuple>
#include <vector>

#include "fuzz/support.hpp"
#include "parse/frame.hpp"

namespace noci {
namespace {

using Seen = std::tuple<std::string, std::uint64_t, std::uint64_t, bool>;

std::vector<Seen> lines_of(std::string_view bytes, std::size_t longest) {
  std::vector<Seen> lines;
  std::uint64_t number = 1;
  for (std::size_t from = 0; from < bytes.size(); ++number) {
    const std::size_t end = std::min(bytes.find('\n', from), bytes.size());
    const std::string line(bytes.substr(from, end - from));
    lines.emplace_back(line.substr(0, longest), from, number, line.size() > longest);
    from = end + 1;
  }
  return lines;
}

void run(std::string_view input) {
  fuzz::Choices choices(input.substr(0, 16));
  const std::string_view bytes = input.substr(std::min<std::size_t>(input.size(), 16));
  const std::size_t longest = 1 + choices.below(64);
  const std::size_t restart = choices.below(256);
  Framer framer(longest);
  std::vector<Seen> seen;
  std::size_t at = 0;
  do {
    const fuzz::Exact piece(bytes.substr(at, 1 + choices.below(40) * choices.below(9)));
    if (at <= restart && restart < at + piece.view().size() && framer.consumed().line > 0) {
      Chunk rest;  // a new process goes on at the cursor
      const Position from = framer.consumed();
      framer = Framer(longest);
      rest.bytes = bytes.substr(from.offset, at - from.offset);
      rest.offset = from.offset;
      rest.line = from.line;
      framer.push(rest, [&](std::string_view, Position, bool) { FUZZ_REQUIRE(false); });
    }
    at += piece.view().size();
    Chunk chunk;
    chunk.bytes = piece.view();
    chunk.end_of_stream = at >= bytes.size();
    framer.push(chunk, [&](std::string_view line, Position position, bool oversize) {
      seen.emplace_back(line, position.offset, position.line, oversize);
    });
    FUZZ_REQUIRE(framer.consumed().offset <= at);
  } while (at < bytes.size());
  FUZZ_REQUIRE(seen == lines_of(bytes, longest));
}

}  // namespace
}  // namespace noci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  noci::run(noci::fuzz::text_of(data, size));
  return 0;
}
