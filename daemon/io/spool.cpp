#include "io/spool.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/rotation.hpp"

namespace noci {
namespace {

constexpr std::string_view suffix = ".log";
constexpr const char* shared_name = "others";

/// `x.example:1` → `x_example_1`. The part before the first dot is also the worker's name where
/// nothing else names it, so dots go too.
std::string as_file_name(const std::string& stream) {
  std::string name;
  for (const char c : stream.substr(0, 64)) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_';
    name.push_back(is_plain ? c : '_');
  }
  return name.empty() ? "_" : name;
}

std::string numbered(const std::string& path, std::uint64_t number) {
  std::array<char, 32> digits{};
  std::snprintf(digits.data(), digits.size(), ".%08llu", static_cast<unsigned long long>(number));
  return path + digits.data();
}

/// Where the last whole line ends.
tl::expected<std::uint64_t, int> end_of_lines(int fd, std::uint64_t size) {
  std::array<char, 4096> block;
  while (size > 0) {
    const std::uint64_t begin = size - std::min<std::uint64_t>(size, block.size());
    const ssize_t count =
        pread(fd, block.data(), static_cast<std::size_t>(size - begin), static_cast<off_t>(begin));
    if (count <= 0) {
      return tl::unexpected(count < 0 ? errno : EIO);
    }
    const std::string_view text(block.data(), static_cast<std::size_t>(count));
    if (const auto feed = text.rfind('\n'); feed != std::string_view::npos) {
      return begin + feed + 1;
    }
    size = begin;
  }
  return 0;
}

}  // namespace

std::vector<SpoolSegment> spool_segments(const std::string& folder) {
  std::vector<SpoolSegment> segments;
  const std::string within = folder + "/";
  for (const FileEntry& entry : files_beside(within)) {
    const std::string file = entry.path.substr(entry.path.rfind('/') + 1);
    const auto at = file.rfind(suffix);
    if (at == std::string::npos || at == 0) {
      continue;
    }
    SpoolSegment segment{file.substr(0, at), 0,         within + file, entry.id.device,
                         entry.id.inode,     entry.size};
    const std::string_view rest = std::string_view(file).substr(at + suffix.size());
    if (!rest.empty()) {
      const auto [end, error] =
          std::from_chars(rest.data() + 1, rest.data() + rest.size(), segment.number);
      if (rest[0] != '.' || error != std::errc{} || end != rest.data() + rest.size()) {
        continue;
      }
    }
    segments.push_back(std::move(segment));
  }
  std::sort(segments.begin(), segments.end(), [](const SpoolSegment& a, const SpoolSegment& b) {
    // 0 is the youngest.
    return std::pair(a.name, a.number - 1) < std::pair(b.name, b.number - 1);
  });
  return segments;
}

Result<Spool> Spool::open(SpoolOptions options) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  if (error) {
    return failure("cannot make the spool " + options.folder + ": " + error.message());
  }
  std::filesystem::permissions(options.folder, std::filesystem::perms::owner_all, error);
  if (faccessat(AT_FDCWD, options.folder.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0) {
    return system_failure("cannot use the spool " + options.folder, errno);
  }
  Spool spool(std::move(options));
  if (auto stock = spool.take_stock(); !stock) {
    return tl::unexpected(stock.error());
  }
  return spool;
}

Result<void> Spool::take_stock() {
  for (const SpoolSegment& segment : spool_segments(options_.folder)) {
    bytes_ += segment.size;
    File& file = files_[segment.name];
    file.next_number = std::max(file.next_number, segment.number + 1);
    if (segment.number == 0) {
      if (auto repaired = repair(segment.name); !repaired) {
        return repaired;
      }
    }
  }
  return {};
}

Result<void> Spool::repair(const std::string& name) {
  FileDescriptor fd(::open(path(name).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));

  struct stat status {};

  if (!fd.is_open() || fstat(fd.get(), &status) != 0) {
    return system_failure("cannot open the spool " + path(name), errno);
  }
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const auto end = end_of_lines(fd.get(), size);
  if (!end) {
    return system_failure("cannot read the spool " + path(name), end.error());
  }
  if (*end < size) {
    if (ftruncate(fd.get(), static_cast<off_t>(*end)) != 0) {
      return system_failure("cannot repair the spool " + path(name), errno);
    }
    ++cut_lines_;
    bytes_ -= size - *end;
  }
  return {};
}

std::string Spool::file_of(const std::string& stream) {
  std::string name = as_file_name(stream);
  if (!files_.contains(name) && files_.size() >= most_streams) {
    return shared_name;
  }
  files_.try_emplace(name);
  return name;
}

void Spool::append(const std::string& file, std::string_view lines) {
  File& to = files_[file];
  to.waiting += lines;
  waiting_ += lines.size();
  if (waiting_ > lines.size()) {
    return;  // somebody waits already; flush() keeps the order of each
  }
  write(file, to);
}

void Spool::flush() {
  for (auto& [name, file] : files_) {
    if (!file.waiting.empty() && !write(name, file)) {
      return;
    }
  }
}

bool Spool::write(const std::string& name, File& file) {
  if (bytes_ + file.waiting.size() > options_.limit && !file.is_cut) {
    return blocked("the spool " + options_.folder + " is full (" + std::to_string(bytes_) +
                       " bytes); senders wait until more is counted",
                   0);
  }
  if (!file.fd.is_open()) {
    FileDescriptor fd(
        ::open(path(name).c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));

    struct stat status {};

    if (!fd.is_open() || fstat(fd.get(), &status) != 0) {
      return blocked("cannot write the spool " + path(name), errno);
    }
    file.fd = std::move(fd);
    file.size = static_cast<std::uint64_t>(status.st_size);
  }
  if (!file.is_cut && file.size > 0 && file.size + file.waiting.size() > options_.segment) {
    if (!rotate(name, file)) {
      return false;
    }
    return write(name, file);
  }
  while (!file.waiting.empty()) {
    const ssize_t count = ::write(file.fd.get(), file.waiting.data(), file.waiting.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      return blocked("cannot write the spool " + path(name), count < 0 ? errno : ENOSPC);
    }
    const auto written = static_cast<std::size_t>(count);
    file.is_cut = file.waiting[written - 1] != '\n';
    file.waiting.erase(0, written);
    file.size += written;
    bytes_ += written;
    waiting_ -= written;
  }
  why_.clear();
  return true;
}

bool Spool::rotate(const std::string& name, File& file) {
  // From now on only the tail knows the file, and it does not sync.
  if (fdatasync(file.fd.get()) != 0) {
    return blocked("cannot write the spool " + path(name), errno);
  }
  if (std::rename(path(name).c_str(), numbered(path(name), file.next_number).c_str()) != 0) {
    return blocked("cannot rename the spool " + path(name), errno);
  }
  ++file.next_number;
  file.fd.reset();
  file.size = 0;
  return true;
}

bool Spool::blocked(const std::string& what, int error) {
  why_ = error == 0 ? what : system_failure(what, error).value().what + "; senders wait";
  write_errors_ += error == 0 ? 0 : 1;
  return false;
}

void Spool::release(const std::vector<Cursor>& committed) {
  const auto segments = spool_segments(options_.folder);
  for (auto& [name, file] : files_) {
    const std::string followed = path(name);
    const auto is_pointed_at = [&, &name = name](const SpoolSegment& segment) {
      return segment.name == name &&
             std::any_of(committed.begin(), committed.end(), [&](const Cursor& cursor) {
               return cursor.path == followed && cursor.device == segment.device &&
                      cursor.inode == segment.inode;
             });
    };
    // The tail reads a name's files in order, and has a cursor in the one it reads.
    const auto oldest = std::find_if(segments.begin(), segments.end(), is_pointed_at);
    if (oldest == segments.end()) {
      continue;
    }
    for (auto segment = segments.begin(); segment != oldest; ++segment) {
      if (segment->name == name && unlink(segment->path.c_str()) == 0) {
        bytes_ -= std::min(bytes_, segment->size);
      }
    }
  }
  flush();
}

std::string Spool::path(const std::string& name) const {
  return options_.folder + "/" + name + std::string(suffix);
}

}  // namespace noci
