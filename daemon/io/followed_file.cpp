#include "io/followed_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include <fcntl.h>
#include <sys/stat.h>

#include "base/hash.hpp"

namespace noci {
namespace {

constexpr std::size_t marker_size = 256;
// Counting the lines of more than this would delay the start by seconds on a cold disk.
constexpr std::uint64_t countable_size = std::uint64_t{256} << 20;

std::string hash_of(std::string_view bytes) {
  const Sha256 digest = sha256(bytes);
  return to_hex({reinterpret_cast<const char*>(digest.data()), 8});
}

/// Of a file that was not read yet: how many bytes it had, and their hash.
std::string marker_of_beginning(std::string_view bytes) {
  return bytes.empty() ? std::string() : std::to_string(bytes.size()) + ":" + hash_of(bytes);
}

}  // namespace

tl::expected<FollowedFile, int> FollowedFile::open(const std::string& path) {
  // Not blocking: the name may have become a pipe since it was looked at.
  FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));

  struct stat status {};

  if (!fd.is_open() || fstat(fd.get(), &status) != 0) {
    return tl::unexpected(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return tl::unexpected(S_ISDIR(status.st_mode) ? EISDIR : EINVAL);
  }
  return FollowedFile(std::move(fd), {status.st_dev, status.st_ino});
}

FollowedFile::Look FollowedFile::look(std::vector<char>& buffer) {
  buffer.resize(marker_size + block_size);
  const std::size_t known = before_.size();
  const ssize_t count = content_.read_at(buffer.data(), known + block_size, offset_ - known);
  if (count < 0) {
    return {Outcome::failed, {}, offset_, errno};
  }
  const std::string_view all(buffer.data(), static_cast<std::size_t>(count));
  if (!all.starts_with(before_) || !begins_with(first_)) {
    return {Outcome::truncated, {}, offset_, 0};
  }
  const std::string_view bytes = all.substr(known);
  at_end_ = bytes.size() < block_size;
  if (bytes.empty()) {
    return {Outcome::nothing, {}, offset_, 0};
  }
  if (offset_ == 0 && bytes.front() == '\0' && !is_packed()) {
    // A writer that does not append went on at its old place after a truncation.
    const std::uint64_t data = first_data();
    if (data > 0) {
      seek(data);
      return look(buffer);
    }
  }
  const std::uint64_t offset = offset_;
  offset_ += bytes.size();
  before_ = all.substr(all.size() - std::min(marker_size, all.size()));
  if (first_.size() < marker_size && offset == first_.size()) {
    first_ += bytes.substr(0, marker_size - first_.size());
  }
  return {Outcome::bytes, bytes, offset, 0};
}

void FollowedFile::seek(std::uint64_t offset) {
  offset_ = offset;
  first_ = bytes_at(0, std::min<std::uint64_t>(offset, marker_size));
  before_ = bytes_at(offset - std::min<std::uint64_t>(offset, marker_size), offset);
  at_end_ = false;
}

std::uint64_t FollowedFile::size() const {
  struct stat status {};

  return fstat(content_.descriptor(), &status) == 0 ? static_cast<std::uint64_t>(status.st_size)
                                                    : 0;
}

std::int64_t FollowedFile::modified() const {
  struct stat status {};

  return fstat(content_.descriptor(), &status) == 0
             ? status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec
             : 0;
}

bool FollowedFile::is_deleted() const {
  struct stat status {};

  return fstat(content_.descriptor(), &status) == 0 && status.st_nlink == 0;
}

bool FollowedFile::continues(const Cursor& cursor) const {
  // How much an archive holds shows when it is unpacked: what is missing changes the marker.
  if (cursor.offset == 0) {
    const std::size_t size =
        std::min<std::size_t>(std::strtoul(cursor.marker.c_str(), nullptr, 10), marker_size);
    return cursor.marker.empty() || marker_of_beginning(bytes_at(0, size)) == cursor.marker;
  }
  return (is_packed() || size() >= cursor.offset) && marker(cursor.offset) == cursor.marker;
}

bool FollowedFile::is_intact() const {
  std::string bytes(before_.size(), '\0');
  const ssize_t count = content_.read_at(bytes.data(), bytes.size(), offset_ - bytes.size());
  // What cannot be read now is no truncation.
  return count < 0 || (bytes == before_ && begins_with(first_));
}

std::string FollowedFile::head() const {
  return bytes_at(0, marker_size);
}

std::string FollowedFile::bytes_at(std::uint64_t offset, std::uint64_t end) const {
  std::string bytes(end - offset, '\0');
  const ssize_t count = content_.read_at(bytes.data(), bytes.size(), offset);
  bytes.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  return bytes;
}

std::string FollowedFile::lasting_path() const {
  return "/proc/self/fd/" + std::to_string(content_.descriptor());
}

std::string FollowedFile::marker(std::uint64_t offset) const {
  if (offset == 0) {
    return marker_of_beginning(head());
  }
  const std::uint64_t size = std::min<std::uint64_t>(offset, marker_size);
  return hash_of(bytes_at(0, size) + bytes_at(offset - size, offset));
}

std::uint64_t FollowedFile::line_start(std::uint64_t end) const {
  std::vector<char> block(64 * 1024);
  while (end > 0) {
    const std::uint64_t size = std::min<std::uint64_t>(end, block.size());
    const ssize_t count = content_.read_at(block.data(), size, end - size);
    if (count <= 0) {
      return end;
    }
    const std::string_view bytes(block.data(), static_cast<std::size_t>(count));
    if (const auto feed = bytes.rfind('\n'); feed != std::string_view::npos) {
      return end - size + feed + 1;
    }
    end -= size;
  }
  return 0;
}

std::uint64_t FollowedFile::line_number(std::uint64_t offset) const {
  if (offset > countable_size) {
    return 1;
  }
  std::vector<char> block(block_size);
  std::uint64_t line = 1;
  for (std::uint64_t at = 0; at < offset;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(offset - at, block.size()));
    const ssize_t count = content_.read_at(block.data(), size, at);
    if (count <= 0) {
      break;
    }
    line += static_cast<std::uint64_t>(std::count(block.data(), block.data() + count, '\n'));
    at += static_cast<std::uint64_t>(count);
  }
  return line;
}

bool FollowedFile::begins_with(const std::string& bytes) const {
  std::string now(bytes.size(), '\0');
  return content_.read_at(now.data(), now.size(), 0) < 0 || now == bytes;
}

std::uint64_t FollowedFile::first_data() const {
  const off_t data = lseek(content_.descriptor(), 0, SEEK_DATA);
  std::uint64_t at = data < 0 ? 0 : static_cast<std::uint64_t>(data);
  std::vector<char> block(64 * 1024);  // the hole ends on a block's border, the zeros behind it
  const ssize_t count = content_.read_at(block.data(), block.size(), at);
  for (ssize_t i = 0; i < count && block[static_cast<std::size_t>(i)] == '\0'; ++i) {
    ++at;
  }
  return at;
}

}  // namespace noci
