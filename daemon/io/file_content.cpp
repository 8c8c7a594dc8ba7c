#include "io/file_content.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace noci {
namespace {

constexpr std::size_t head_size = 256;
/// Cursors stand behind what was read: by a block, and by lines that wait to be judged.
constexpr std::size_t kept_behind = std::size_t{4} << 20;
constexpr std::size_t unpacked_step = 256 * 1024;

ssize_t plain_read_at(int fd, char* to, std::size_t size, std::uint64_t offset) {
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = pread(fd, to + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) {
      continue;
    }
    if (n < 0) {
      return -1;
    }
    if (n == 0) {
      break;
    }
    done += static_cast<std::size_t>(n);
  }
  return static_cast<ssize_t>(done);
}

/// Reads a file from its beginning without moving the descriptor that others share.
class FromBeginning final : public ByteInput {
 public:
  explicit FromBeginning(int fd) : fd_(fd) {}

  tl::expected<std::size_t, InputFault> read(char* to, std::size_t size) override {
    const ssize_t count = plain_read_at(fd_, to, size, at_);
    if (count < 0) {
      return tl::unexpected(InputFault{std::generic_category().message(errno)});
    }
    at_ += static_cast<std::size_t>(count);
    return static_cast<std::size_t>(count);
  }

  [[nodiscard]] std::uint64_t taken() const override { return at_; }

  [[nodiscard]] bool is_pipe() const override { return false; }

 private:
  int fd_;
  std::uint64_t at_ = 0;
};

}  // namespace

FileContent::FileContent(FileDescriptor fd) : fd_(std::move(fd)) {
  std::array<char, 8> start;
  const ssize_t count = plain_read_at(fd_.get(), start.data(), start.size(), 0);
  if (count > 0) {
    packing_ = packing_of({start.data(), static_cast<std::size_t>(count)});
  }
}

ssize_t FileContent::read_at(char* to, std::size_t size, std::uint64_t offset) {
  return is_packed() ? unpack_at(to, size, offset) : plain_read_at(fd_.get(), to, size, offset);
}

ssize_t FileContent::unpack_at(char* to, std::size_t size, std::uint64_t offset) {
  const std::uint64_t end = offset + size;
  if (size == 0) {
    return 0;
  }
  if (end <= head_.size()) {
    head_.copy(to, size, offset);
    return static_cast<ssize_t>(size);
  }
  if (input_ == nullptr || offset < window_begin_) {
    begin_anew();
  }
  while (window_begin_ + window_.size() < end && unpack_more()) {
    const std::uint64_t unpacked = window_begin_ + window_.size();
    const std::uint64_t needed =
        std::min(offset, unpacked - std::min<std::uint64_t>(unpacked, kept_behind));
    // Cut in large pieces, so that every byte moves few times.
    if (needed > window_begin_ + kept_behind) {
      window_.erase(0, needed - window_begin_);
      window_begin_ = needed;
    }
  }
  if (error_ != 0) {
    errno = error_;
    return -1;
  }
  const std::uint64_t unpacked = window_begin_ + window_.size();
  const std::size_t count =
      unpacked > offset ? std::min<std::uint64_t>(size, unpacked - offset) : 0;
  if (count > 0) {
    std::memcpy(to, window_.data() + (offset - window_begin_), count);
  }
  return static_cast<ssize_t>(count);
}

void FileContent::begin_anew() {
  input_ = unpacked(std::make_unique<FromBeginning>(fd_.get()));
  window_.clear();
  window_begin_ = 0;
  at_end_ = false;
  error_ = 0;
}

/// False at the end.
bool FileContent::unpack_more() {
  if (at_end_) {
    return false;
  }
  const std::size_t before = window_.size();
  window_.resize(before + unpacked_step);
  const auto count = input_->read(window_.data() + before, unpacked_step);
  window_.resize(before + count.value_or(0));
  if (!count) {
    error_ = count.error().is_damaged ? 0 : EIO;
    damage_ = count.error().is_damaged ? count.error().what : damage_;
  }
  at_end_ = count.value_or(0) == 0;
  if (window_begin_ == 0 && head_.size() < head_size) {
    head_ = window_.substr(0, head_size);
  }
  return !at_end_;
}

}  // namespace noci
