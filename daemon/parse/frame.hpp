#pragma once
// Bytes of one stream → lines, split on LF only (a record may hold every other Unicode line end).
// Promise: however the bytes are cut into chunks, the same lines come out at the same positions,
// and memory stays within twice the longest line. Views handed to the sink are valid until the
// next push, so a whole chunk's lines can be one batch. A carriage return is kept: bytes are
// evidence, and whoever reads the line strips it. What a line means is left to parser.hpp.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "model/record.hpp"

namespace noci {

class Framer {
 public:
  /// Access lines stay below 250 KiB even as JSON; other records may be megabytes of what a
  /// client posted, and nothing in them is worth that memory.
  static constexpr std::size_t default_longest = std::size_t{512} << 10;

  explicit Framer(std::size_t longest = default_longest) : longest_(longest) {}

  /// Calls `sink(std::string_view line, Position position, bool oversize)` for every finished
  /// line. A line of more than `longest` bytes is reported once, when its end is known, with its
  /// first `longest` bytes. The first chunk says where the stream begins.
  template <typename Sink>
  void push(const Chunk& chunk, Sink&& sink) {
    begin(chunk);
    std::string_view rest = chunk.bytes;
    for (;;) {
      const std::size_t end = rest.find('\n');
      if (end == std::string_view::npos) {
        break;
      }
      finish(rest.substr(0, end), 1, sink);
      rest.remove_prefix(end + 1);
    }
    if (!chunk.end_of_stream) {
      keep(rest);
    } else if (length_ + rest.size() > 0) {
      finish(rest, 0, sink);
    }
  }

  /// Where the first byte stands that was not handed out yet: what a cursor stores.
  [[nodiscard]] Position consumed() const { return start_; }

 private:
  void begin(const Chunk& chunk) {
    if (!started_) {
      start_ = {chunk.offset, chunk.line};
      started_ = true;
    }
    handed_out_.clear();
  }

  /// Ends the current line with `last`, `terminator` bytes behind it.
  template <typename Sink>
  void finish(std::string_view last, std::size_t terminator, Sink& sink) {
    const std::uint64_t length = length_ + last.size();
    std::string_view line = last.substr(0, std::min(last.size(), longest_));
    if (length_ > 0) {
      keep(last);
      std::swap(handed_out_, partial_);
      partial_.clear();
      line = handed_out_;
    }
    const Position position = start_;
    start_.offset += length + terminator;
    start_.line += 1;
    length_ = 0;
    sink(line, position, length > longest_);
  }

  void keep(std::string_view bytes) {
    const std::size_t room = longest_ - std::min(longest_, partial_.size());
    partial_.append(bytes.substr(0, std::min(bytes.size(), room)));
    length_ += bytes.size();
  }

  std::size_t longest_;
  std::string partial_;       ///< first bytes of the unfinished line
  std::string handed_out_;    ///< the line that began in an earlier chunk, as the sink sees it
  std::uint64_t length_ = 0;  ///< of the unfinished line, in full
  Position start_;            ///< where it begins
  bool started_ = false;
};

}  // namespace noci
