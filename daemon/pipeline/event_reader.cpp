#include "pipeline/event_reader.hpp"

#include <algorithm>
#include <utility>

namespace noci {
namespace {

/// `media-worker` of `/var/log/matrix-synapse/media-worker.log.2026-11-22`: Synapse's processes
/// count their requests each for themselves, so lines are joined within one of them only.
std::string process_of(const std::string& path) {
  const std::string file = path.substr(path.rfind('/') + 1);
  return path == "-" ? "" : file.substr(0, file.find('.'));
}

}  // namespace

EventReader::Stream& EventReader::stream_of(const Chunk& chunk) {
  Stream& stream = streams_[chunk.stream];
  if (stream.parser == nullptr) {
    stream.parser = &parser_of(chunk.source, std::string(chunk.path));
  }
  return stream;
}

Parser& EventReader::parser_of(SourceIndex source, const std::string& path) {
  source = sources_.at(source).continues.value_or(source);
  auto& parser = parsers_[{source, path}];
  if (!parser) {
    SourceInfo info = sources_.at(source);
    if (info.worker.empty()) {
      info.worker = process_of(path);
    }
    parser = std::make_unique<Parser>(std::move(info));
  }
  return *parser;
}

Event EventReader::read(const Record& record, Stream& stream, bool oversize) {
  arena_.clear();
  Event event;
  if (oversize) {
    ++stats_.oversize_lines;
    event.kind = Kind::error;
    event.reason = "oversize";
    event.timestamp = record.arrival;
  } else {
    event = stream.parser->parse(record, arena_);
    encodings_.apply(event);
    enricher_.apply(event, arena_);
  }
  event.source = record.source;
  event.log_source = sources_.at(record.source).name;  // one parser may read several files
  event.position = record.position;

  stats_.bytes += record.bytes.size() + 1;
  if (event.kind == Kind::ignored && event.reason == "continuation") {
    ++stats_.continuation_lines;
    return event;
  }
  ++stats_.records;
  ++stats_.by_kind[static_cast<std::size_t>(event.kind)];
  if (!event.reason.empty()) {
    ++(event.kind == Kind::ignored ? stats_.ignored : stats_.errors)[event.reason];
  }
  return event;
}

Position EventReader::consumed(std::uint64_t stream) const {
  const auto found = streams_.find(stream);
  return found == streams_.end() ? Position{} : found->second.framer.consumed();
}

void EventReader::forget_finished_except(std::uint64_t stream) {
  if (finished_ != 0 && finished_ != stream) {
    streams_.erase(finished_);
    finished_ = 0;
  }
}

void EventReader::save(ByteWriter& out) const {
  out.number(parsers_.size());
  for (const auto& [place, parser] : parsers_) {
    out.text(sources_.at(place.first).name);
    out.text(place.second);
    ByteWriter state;
    parser->save(state);
    out.text(state.bytes());
  }
  enricher_.save(out);
  encodings_.save(out);
}

void EventReader::restore(ByteReader& in) {
  for (auto left = in.count(); left > 0; --left) {
    const std::string_view name = in.text();
    const std::string path(in.text());
    ByteReader state(in.text());
    const auto source = std::find_if(sources_.begin(), sources_.end(),
                                     [&](const SourceInfo& info) { return info.name == name; });
    if (source != sources_.end()) {
      parser_of(static_cast<SourceIndex>(source - sources_.begin()), path).restore(state);
    }
  }
  enricher_.restore(in);
  encodings_.restore(in);
}

}  // namespace noci
