// Any bytes through framer, parser and enricher, as every source feeds them. libFuzzer brings its
// own main; in other builds corpus_main.cpp runs files through the same function.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.hpp"
#include "parse/enrich.hpp"
#include "parse/frame.hpp"
#include "parse/parser.hpp"

namespace noci {
namespace {

/// Reads every byte of a view, so that a sanitizer sees one that points nowhere.
std::size_t touch(const Event& event) {
  std::size_t sum = event.reason.size();
  for (std::size_t i = 0; i < field_count; ++i) {
    for (const char c : event.text(static_cast<Field>(i))) {
      sum += static_cast<unsigned char>(c);
    }
    sum += static_cast<std::size_t>(event.number(static_cast<Field>(i)).value_or(0));
  }
  return sum;
}

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

/// Saves and restores half way, which must not change what follows.
void restore_into(const Parser& parser, const Enricher& enricher, Parser& next,
                  Enricher& next_enricher) {
  ByteWriter out;
  parser.save(out, parser.newest());
  enricher.save(out);
  ByteReader in(out.bytes());
  next.restore(in);
  next_enricher.restore(in);
  require(in.ok() && in.at_end());
}

void run(SourceInfo source, std::string_view bytes, std::size_t step) {
  Framer framer(4096);
  Parser parser(source);
  Parser restored(source);
  Enricher enricher;
  Enricher restored_enricher;
  Arena arena;
  std::size_t lines = 0;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    Chunk chunk;
    chunk.bytes = bytes.substr(at, step);
    chunk.end_of_stream = at + step >= bytes.size();
    std::vector<Event> batch;
    framer.push(chunk, [&](std::string_view line, Position position, bool) {
      Record record;
      record.bytes = line;
      record.position = position;
      if (lines++ == 2) {
        restore_into(parser, enricher, restored, restored_enricher);
      }
      Event event = parser.parse(record, arena).event;
      enricher.apply(event, arena);
      batch.push_back(event);
      if (lines > 2) {
        Event same = restored.parse(record, arena).event;
        restored_enricher.apply(same, arena);
        require(touch(same) == touch(event) && same.kind == event.kind &&
                same.timestamp == event.timestamp);
      }
    });
    for (const Event& event : batch) {
      touch(event);
      const bool refused =
          event.kind == Kind::ignored || event.kind == Kind::forged || event.kind == Kind::error;
      require(event.reason.empty() != refused);
      require(event.kind != Kind::forged || event.user_id.empty());
    }
    arena.clear();
  }
}

}  // namespace
}  // namespace noci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const noci::LineFormat format :
       {noci::LineFormat::detect, noci::LineFormat::text, noci::LineFormat::json}) {
    noci::SourceInfo source;
    source.format = format;
    // Two ways to cut: as one chunk, and so that nearly every line is carried over.
    noci::run(source, bytes, size + 1);
    noci::run(source, bytes, 97);
  }
  return 0;
}
