#pragma once
// Physical lines → records, where a container runtime, the journal or a log shipper stands in
// between (wrapper.hpp): takes the wrapping off, puts records together that were cut, and says
// which lines continue a record. Lines without a wrapper go through as they are. One per (source,
// path), so that a record that was cut by a rotation is whole again.
// Promises: a record has the position of its first physical line; memory is bounded, what does not
// fit comes out as oversize; only pieces of one origin and channel are joined, so no line can
// swallow another's. What is unfinished is saved with the cursor, for behind its beginning records
// of the other channel may stand that were counted: after a restart its rest is no record.

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.hpp"
#include "model/record.hpp"
#include "parse/frame.hpp"
#include "parse/wrapper.hpp"

namespace noci {

class Unwrapper {
 public:
  explicit Unwrapper(std::size_t longest = Framer::default_longest) : longest_(longest) {}

  /// Calls `sink(const Record&, bool oversize)` for whatever `line` completes. Views are valid
  /// during the call; those of a line without a wrapper as long as the line's. `stream` is where
  /// the line stands.
  template <typename Sink>
  void push(const Record& line, bool oversize, std::uint64_t stream, Sink&& sink) {
    const bool is_wrapped = reader_.read(line.bytes, oversize, wrapped_);
    if (!is_wrapped && unfinished_.empty()) {
      sink(line, oversize);
      return;
    }
    for (const Ready& ready : take(line, oversize, stream, is_wrapped)) {
      Record record = ready.record;
      if (!ready.is_wrapped || ready.oversize) {
        sink(record, ready.oversize);
        continue;
      }
      // A transport that keeps records whole says which line feeds are inside one.
      std::string_view rest = record.bytes;
      for (bool more = true; more; record.continuation = true) {
        const std::size_t end = rest.find('\n');
        more = end != std::string_view::npos;
        record.bytes = rest.substr(0, end);
        rest.remove_prefix(more ? end + 1 : rest.size());
        sink(std::as_const(record), false);
      }
    }
  }

  /// Records that were begun and not ended.
  [[nodiscard]] std::size_t unfinished() const { return unfinished_.size(); }

  /// `is_read_again(stream, offset)`: a restart begins at that offset or before it, so that what
  /// begins there is not to be kept.
  template <typename Predicate>
  void save(ByteWriter& out, Predicate&& is_read_again) const {
    std::vector<const Unfinished*> kept;
    for (const Unfinished& record : unfinished_) {
      if (!is_read_again(record.stream, record.position.offset)) {
        kept.push_back(&record);
      }
    }
    write(out, kept);
  }

  void restore(ByteReader& in);

 private:
  struct Ready {
    Record record;
    bool oversize = false;
    bool is_wrapped = false;
  };

  /// A record of which not all pieces have come.
  struct Unfinished {
    std::string origin;
    std::string channel;
    std::string text;  ///< at most `longest_` bytes of it
    bool oversize = false;
    std::uint64_t stream = 0;
    Position position;
    std::optional<TimePoint> written;
    std::string worker;
    std::string logger;
  };

  static void write(ByteWriter& out, const std::vector<const Unfinished*>& kept);
  const std::vector<Ready>& take(const Record& line, bool oversize, std::uint64_t stream,
                                 bool is_wrapped);
  void take_wrapped(const Record& line, bool oversize, std::uint64_t stream);
  void add(Unfinished& to, std::string_view text, Wrapped::End end) const;
  void finish(std::size_t index, const Record& line);
  [[nodiscard]] std::size_t find_unfinished() const;

  std::size_t longest_;
  WrapperReader reader_;
  Wrapped wrapped_;
  std::vector<Unfinished> unfinished_;  ///< oldest first
  std::vector<Unfinished> finished_;    ///< what `ready_` points into
  std::vector<Ready> ready_;
};

}  // namespace noci
