#include "io/log_file.hpp"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace noci {

LogFile::LogFile(std::string path, SourceIndex source, FileDescriptor file, std::size_t block)
    : path_(std::move(path)), source_(source), file_(std::move(file)), buffer_(block) {}

Result<LogFile> LogFile::open(const std::string& path, SourceIndex source, std::size_t block) {
  // Standard input is duplicated, so that closing works the same for both.
  const int file = path == "-" ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return system_failure("cannot open log " + path, errno);
  }
  LogFile log(path, source, FileDescriptor(file), block);
  struct stat status {};
  if (fstat(file, &status) != 0) {
    return system_failure("cannot look at log " + path, errno);
  }
  if (S_ISDIR(status.st_mode)) {
    return failure("cannot read log " + path + ": it is a directory; name the files in it");
  }
  if (S_ISREG(status.st_mode)) {
    log.size_ = static_cast<std::uint64_t>(status.st_size);
  }
  return log;
}

Result<std::optional<Chunk>> LogFile::next() {
  if (done_) {
    return std::nullopt;
  }
  ssize_t count = 0;
  do {
    count = read(file_.get(), buffer_.data(), buffer_.size());
  } while (count < 0 && errno == EINTR);
  if (count < 0) {
    return system_failure("cannot read log " + path_ + " at byte " + std::to_string(offset_),
                          errno);
  }
  Chunk chunk;
  chunk.bytes = {buffer_.data(), static_cast<std::size_t>(count)};
  chunk.path = path_;
  chunk.source = source_;
  chunk.stream = std::uint64_t{source_} + 1;
  chunk.offset = offset_;
  chunk.end_of_stream = count == 0;
  offset_ += static_cast<std::uint64_t>(count);
  done_ = chunk.end_of_stream;
  return chunk;
}

}  // namespace noci
