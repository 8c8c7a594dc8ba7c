#pragma once
// Bytes → events, in the order the bytes came: framing, parsing and joining of the lines of one
// request. `explain` and `report` stop here; the pipeline counts what comes out. Parser state is
// kept per (source, path), so that it outlives a rotation of the file.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/arena.hpp"
#include "base/bytes.hpp"
#include "model/record.hpp"
#include "model/stats.hpp"
#include "parse/client_encoding.hpp"
#include "parse/enrich.hpp"
#include "parse/frame.hpp"
#include "parse/parser.hpp"

namespace noci {

class EventReader {
 public:
  explicit EventReader(std::vector<SourceInfo> sources) : sources_(std::move(sources)) {}

  /// Calls `sink(const Event&)` for every line of the chunk that is complete, continuation lines
  /// of multi-line records included (kind ignored, reason `continuation`). An event's views are
  /// valid during the call only.
  template <typename Sink>
  void feed(const Chunk& chunk, Sink&& sink) {
    Stream& stream = stream_of(chunk);
    stream.framer.push(chunk, [&](std::string_view line, Position position, bool oversize) {
      sink(read({line, chunk.source, position, chunk.arrival}, stream, oversize));
    });
    if (chunk.end_of_stream) {
      finished_ = chunk.stream;
    }
    forget_finished_except(chunk.stream);
  }

  /// Offset and line of the first byte of `stream` that no event has come from.
  [[nodiscard]] Position consumed(std::uint64_t stream) const;

  [[nodiscard]] const ParseStats& stats() const { return stats_; }

  /// The same, for the pipeline, which counts what it counted.
  [[nodiscard]] ParseStats& stats() { return stats_; }

  /// Parsers and pending joins; framing begins anew at the committed offset.
  void save(ByteWriter& out) const;
  void restore(ByteReader& in);

 private:
  struct Stream {
    Framer framer;
    Parser* parser = nullptr;
  };

  Stream& stream_of(const Chunk& chunk);
  [[nodiscard]] Parser& parser_of(SourceIndex source, const std::string& path);
  Event read(const Record& record, Stream& stream, bool oversize);
  void forget_finished_except(std::uint64_t stream);

  std::vector<SourceInfo> sources_;
  std::map<std::uint64_t, Stream> streams_;
  std::map<std::pair<SourceIndex, std::string>, std::unique_ptr<Parser>> parsers_;
  std::uint64_t finished_ = 0;  ///< a stream that ended; its position is asked for once more
  ClientEncoding encodings_;
  Enricher enricher_;
  Arena arena_;
  ParseStats stats_;
};

}  // namespace noci
