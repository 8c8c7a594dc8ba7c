#include "io/log_file.hpp"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file_descriptor.hpp"

namespace noci {
namespace {

class PlainInput final : public ByteInput {
 public:
  explicit PlainInput(FileDescriptor fd) : fd_(std::move(fd)) {}

  tl::expected<std::size_t, int> read(char* to, std::size_t size) override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t count = ::read(fd_.get(), to + done, size - done);
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count < 0) {
        return tl::unexpected(errno);
      }
      if (count == 0) {
        break;
      }
      done += static_cast<std::size_t>(count);
      if (!is_patient_) {
        break;  // a pipe: hand on what is there
      }
    }
    return done;
  }

  void set_patient(bool is_patient) { is_patient_ = is_patient; }

 private:
  FileDescriptor fd_;
  bool is_patient_ = false;
};

/// The program that prints a compressed file, by its first bytes; empty for everything else.
std::string_view decompressor(std::string_view start) {
  using namespace std::string_view_literals;
  if (start.starts_with("\x1f\x8b"sv)) {
    return "zcat";
  }
  if (start.starts_with("\x28\xb5\x2f\xfd"sv)) {
    return "zstdcat";
  }
  if (start.starts_with("\xfd"
                        "7zXZ"sv)) {
    return "xzcat";
  }
  return start.starts_with("BZh"sv) ? "bzcat" : "";
}

Error compressed(const std::string& path, std::string_view program) {
  const std::string input =
      path == "-" ? "… | " + std::string(program) : std::string(program) + " " + path;
  return {"cannot read " + path + ": it is compressed; try: " + input + " | noci … -"};
}

}  // namespace

Result<LogFile> LogFile::open(std::string path, SourceIndex source, std::size_t block) {
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
  auto input = std::make_unique<PlainInput>(std::move(fd));
  input->set_patient(size.has_value());
  return LogFile(std::move(path), source, std::move(input), size, block);
}

Result<std::optional<Chunk>> LogFile::next(TimePoint arrival) {
  if (ended_) {
    return std::nullopt;
  }
  buffer_.resize(block_);
  const auto count = input_->read(buffer_.data(), buffer_.size());
  if (!count) {
    ended_ = true;
    return system_failure("cannot read on in " + path_ + " at byte " + std::to_string(offset_),
                          count.error());
  }
  Chunk chunk;
  chunk.bytes = {buffer_.data(), *count};
  if (offset_ == 0) {
    if (const std::string_view program = decompressor(chunk.bytes); !program.empty()) {
      ended_ = true;
      return tl::unexpected(compressed(path_, program));
    }
  }
  chunk.path = path_;
  chunk.source = source_;
  chunk.stream = std::uint64_t{source_} << 48;
  chunk.offset = offset_;
  chunk.arrival = arrival;
  chunk.end_of_stream = ended_ = *count == 0;
  offset_ += *count;
  return chunk;
}

LogFile::LogFile(std::string path, SourceIndex source, std::unique_ptr<ByteInput> input,
                 std::optional<std::uint64_t> size, std::size_t block)
    : path_(std::move(path)),
      source_(source),
      input_(std::move(input)),
      size_(size),
      block_(block) {}

}  // namespace noci
