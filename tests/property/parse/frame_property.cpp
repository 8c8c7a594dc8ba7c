#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include <rapidcheck/catch.h>

#include "parse/frame.hpp"
#include "support/catch.hpp"

namespace noci {
namespace {

using Seen = std::tuple<std::string, std::uint64_t, std::uint64_t, bool>;

/// The definition: cut the whole at line feeds.
std::vector<Seen> lines_of(const std::string& bytes, std::size_t longest) {
  std::vector<Seen> lines;
  std::size_t from = 0;
  std::uint64_t number = 1;
  while (from < bytes.size()) {
    const std::size_t end = std::min(bytes.find('\n', from), bytes.size());
    const std::string line = bytes.substr(from, end - from);
    lines.emplace_back(line.substr(0, longest), from, number++, line.size() > longest);
    from = end + 1;
  }
  return lines;
}

std::string bytes_with_lines() {
  return *rc::gen::container<std::string>(
      rc::gen::weightedOneOf<char>({{2, rc::gen::just('\n')},
                                    {1, rc::gen::element('\r', '\0', '\v', '\x85')},
                                    {8, rc::gen::inRange('a', 'f')}}));
}

}  // namespace

TEST_CASE("however a stream is cut into chunks, the same lines come out") {
  rc::prop("any bytes, any cuts", [] {
    const std::string bytes = bytes_with_lines();
    const auto longest = *rc::gen::inRange<std::size_t>(1, 12);
    const auto steps =
        *rc::gen::container<std::vector<std::size_t>>(rc::gen::inRange<std::size_t>(0, 9));
    Framer framer(longest);
    std::vector<Seen> seen;
    std::size_t at = 0;
    std::size_t cut = 0;
    do {
      const std::size_t step = cut < steps.size() ? steps[cut++] : bytes.size();
      const std::string piece = bytes.substr(at, step);
      at += piece.size();
      Chunk chunk;
      chunk.bytes = piece;
      chunk.end_of_stream = at == bytes.size();
      std::vector<std::pair<std::string_view, Seen>> views;
      framer.push(chunk, [&](std::string_view line, Position position, bool oversize) {
        views.emplace_back(line, Seen(line, position.offset, position.line, oversize));
      });
      for (const auto& [view, copy] : views) {
        RC_ASSERT(view == std::get<0>(copy));  // still valid after the push
        seen.push_back(copy);
      }
      // A cursor always stands at the beginning of a line, never before what was handed out.
      const std::uint64_t offset = framer.consumed().offset;
      RC_ASSERT(offset <= at);
      RC_ASSERT((offset == 0 || chunk.end_of_stream || bytes[offset - 1] == '\n'));
    } while (at < bytes.size());
    RC_ASSERT(seen == lines_of(bytes, longest));
  });
}

TEST_CASE("a stream read on from its cursor gives the rest of its lines") {
  rc::prop("any bytes, any cursor", [] {
    const std::string bytes = bytes_with_lines();
    const std::size_t longest = 6;
    const auto cut = *rc::gen::inRange<std::size_t>(0, bytes.size() + 1);
    std::vector<Seen> seen;
    const auto sink = [&](std::string_view line, Position position, bool oversize) {
      seen.emplace_back(line, position.offset, position.line, oversize);
    };
    Framer first(longest);
    Chunk chunk;
    const std::string head = bytes.substr(0, cut);
    chunk.bytes = head;
    first.push(chunk, sink);
    Framer second(longest);
    const std::string tail = bytes.substr(first.consumed().offset);
    chunk.bytes = tail;
    chunk.offset = first.consumed().offset;
    chunk.line = first.consumed().line;
    chunk.end_of_stream = true;
    second.push(chunk, sink);
    RC_ASSERT(seen == lines_of(bytes, longest));
  });
}

}  // namespace noci
