#include "app/log_sample.hpp"

#include <algorithm>
#include <iterator>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/zones.hpp"
#include "parse/forgery.hpp"
#include "parse/frame.hpp"
#include "parse/parser.hpp"
#include "parse/unwrap.hpp"
#include "pipeline/event_reader.hpp"

namespace noci {
namespace {

constexpr std::int64_t sample_bytes = std::int64_t{256} << 10;

/// The end of the file, from a line's beginning on.
std::string newest_bytes(const std::string& path) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return {};
  }

  struct stat status {};

  std::string bytes;
  if (fstat(file, &status) == 0 && S_ISREG(status.st_mode)) {
    const std::int64_t begin = std::max<std::int64_t>(0, status.st_size - sample_bytes);
    bytes.resize(static_cast<std::size_t>(status.st_size - begin));
    const ssize_t read = pread(file, bytes.data(), bytes.size(), begin);
    bytes.resize(read > 0 ? static_cast<std::size_t>(read) : 0);
    if (begin > 0) {
      bytes.erase(0, std::min(bytes.find('\n'), bytes.size() - 1) + 1);
    }
  }
  close(file);
  return bytes;
}

/// A file that names its process need not say of which homeserver (parse/processes.hpp).
std::string process_name(const SourceSettings& source, const ParsedLine& line,
                         const std::string& path) {
  if (!source.worker.empty() || line.naming != 0) {
    return std::string(line.event.homeserver) + ' ' + std::string(line.event.log_worker);
  }
  return path.substr(0, path.rfind('/') + 1) + worker_named_by(path);
}

}  // namespace

LogSample sample_log(const SourceSettings& source, const std::string& path) {
  LogSample sample;
  sample.path = path;
  const std::string bytes = newest_bytes(path);
  const auto zone =
      source.timezone.empty() ? Result<Zone>(Zone::current()) : Zone::find(source.timezone);
  Parser parser({source.name,
                 source.homeserver,
                 source.worker,
                 source.format,
                 zone ? *zone : Zone::utc(),
                 {},
                 source.prefix});
  Unwrapper unwrapper;
  Framer framer;
  Arena arena;
  Chunk chunk;
  chunk.bytes = bytes;
  const auto look_at = [&](Record record, bool oversize) {
    if (oversize) {
      return;
    }
    record.worker = source.worker.empty() ? record.worker : std::string_view{};
    arena.clear();
    const ParsedLine line = parser.parse(record, arena);
    sample.is_text = sample.is_text || line.is_text;
    sample.is_mixed = sample.is_mixed || line.may_carry;
    if (line.is_access && line.id) {
      sample.process = process_name(source, line, path);
      sample.requests.push_back({std::string(line.event.request_id),
                                 (line.event.timestamp.time_since_epoch().count() + 5) / 10,
                                 fingerprint_of(line.event)});
    }
  };
  framer.push(chunk, [&](std::string_view text, Position position, bool oversize) {
    Record record;
    record.bytes = text;
    record.position = position;
    unwrapper.push(record, oversize, 0, look_at);
  });
  std::sort(sample.requests.begin(), sample.requests.end());
  return sample;
}

std::size_t shared_requests(const LogSample& a, const LogSample& b) {
  std::vector<LogSample::Request> shared;
  std::set_intersection(a.requests.begin(), a.requests.end(), b.requests.begin(), b.requests.end(),
                        std::back_inserter(shared));
  return shared.size();
}

}  // namespace noci
