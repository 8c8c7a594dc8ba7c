#include "io/log_file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/archive.hpp"
#include "io/file_descriptor.hpp"
#include "io/read_ahead.hpp"

namespace noci {

Result<LogFile> LogFile::open(std::string path, SourceIndex source, std::size_t block,
                              std::string log) {
  const bool is_stdin = path == "-";
  FileDescriptor fd(is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                             : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));

  struct stat status {};

  if (!fd.is_open() || fstat(fd.get(), &status) != 0) {
    return system_failure("cannot read " + (is_stdin ? "standard input" : path), errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return failure("cannot read " + path + ": it is a directory; name the log files in it");
  }
  std::optional<std::uint64_t> size;
  if (S_ISREG(status.st_mode)) {
    size = static_cast<std::uint64_t>(status.st_size);
  }
  std::array<char, 4> start{};
  const ssize_t count = size ? pread(fd.get(), start.data(), start.size(), 0) : 0;
  const bool is_packed =
      packing_of({start.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))}) !=
      Packing::none;
  auto input = unpacked(plain_input(std::move(fd), !size));
  if (log.empty()) {
    log = path;
  }
  return LogFile(std::move(path), std::move(log), source, std::move(input), size, is_packed, block);
}

void LogFile::read_ahead() {
  if (is_packed_) {
    input_ = noci::read_ahead(std::move(input_), block_);
    is_packed_ = false;
  }
}

Result<std::optional<Chunk>> LogFile::next(TimePoint arrival) {
  if (ended_) {
    return std::nullopt;
  }
  buffer_.resize(block_);
  const auto count = input_->read(buffer_.data(), buffer_.size());
  if (!count) {
    ended_ = true;
    is_damaged_ = count.error().is_damaged;
    return failure((offset_ == 0
                        ? "cannot read " + path_
                        : "cannot read on in " + path_ + " at byte " + std::to_string(offset_)) +
                   ": " + count.error().what);
  }
  Chunk chunk;
  chunk.bytes = {buffer_.data(), *count};
  chunk.path = log_;
  chunk.source = source_;
  chunk.stream = std::uint64_t{source_} << 48;
  chunk.offset = offset_;
  chunk.arrival = arrival;
  chunk.end_of_stream = ended_ = *count == 0;
  offset_ += *count;
  return chunk;
}

LogFile::LogFile(std::string path, std::string log, SourceIndex source,
                 std::unique_ptr<ByteInput> input, std::optional<std::uint64_t> size,
                 bool is_packed, std::size_t block)
    : path_(std::move(path)),
      log_(std::move(log)),
      source_(source),
      input_(std::move(input)),
      size_(size),
      is_packed_(is_packed),
      block_(block) {}

}  // namespace noci
