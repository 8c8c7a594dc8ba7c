#include "settings/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"

namespace noci {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}

  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

std::optional<std::string> cannot_read(Report& report, int error) {
  report.fault({}, "cannot-read", std::string("cannot read the file: ") + std::strerror(error),
               error == EACCES ? "let the user that runs noci read it" : "");
  return std::nullopt;
}

/// Reads one byte more than the cap, so that a file that grew after fstat is still seen as large.
bool read_bounded(int fd, std::string& bytes, int& error) {
  bytes.resize(largest_file + 1);
  std::size_t length = 0;
  while (length < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + length, bytes.size() - length);
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count < 0) {
      error = errno;
      return false;
    }
    if (count == 0) {
      break;
    }
    length += static_cast<std::size_t>(count);
  }
  bytes.resize(length);
  return true;
}

Place place_of(std::string_view bytes, std::size_t offset) {
  const std::string_view before = bytes.substr(0, offset);
  const auto line_start = before.rfind('\n');
  return {1 + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          1 + static_cast<int>(line_start == std::string_view::npos ? offset
                                                                    : offset - line_start - 1)};
}

bool is_text(std::string_view bytes, Report& report) {
  if (const auto nul = bytes.find('\0'); nul != std::string_view::npos) {
    report.fault(place_of(bytes, nul), "not-text", "the file contains a NUL byte",
                 "save it as UTF-8 text");
    return false;
  }
  const std::string repaired = to_utf8(bytes);
  if (repaired != bytes) {
    const auto differs =
        std::mismatch(bytes.begin(), bytes.end(), repaired.begin(), repaired.end());
    report.fault(place_of(bytes, static_cast<std::size_t>(differs.first - bytes.begin())),
                 "not-text", "the file is not UTF-8 here", "save it as UTF-8 text");
    return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> read_text_file(const std::string& path, Report& report) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    return cannot_read(report, errno);
  }

  struct stat status {};

  if (::fstat(file.get(), &status) != 0) {
    return cannot_read(report, errno);
  }
  if (!S_ISREG(status.st_mode)) {
    report.fault(
        {}, "not-a-file",
        S_ISDIR(status.st_mode) ? "this is a directory, not a file" : "this is not a regular file");
    return std::nullopt;
  }
  std::string bytes;
  int error = 0;
  if (!read_bounded(file.get(), bytes, error)) {
    return cannot_read(report, error);
  }
  if (bytes.size() > largest_file) {
    report.fault({}, "too-large", "the file is larger than 1 MiB",
                 "split it; no settings, rule or list file needs that much");
    return std::nullopt;
  }
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (std::string_view(bytes).substr(0, 3) == byte_order_mark) {
    bytes.erase(0, byte_order_mark.size());
  }
  if (!is_text(bytes, report)) {
    return std::nullopt;
  }
  return bytes;
}

std::string beside(const std::string& file, const std::string& name) {
  const std::filesystem::path path(name);
  if (name.empty() || path.is_absolute()) {
    return name;
  }
  return (std::filesystem::path(file).parent_path() / path).lexically_normal().string();
}

}  // namespace noci
