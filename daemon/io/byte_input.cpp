#include "io/byte_input.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace noci {
namespace {

class PlainInput final : public ByteInput {
 public:
  PlainInput(FileDescriptor fd, bool is_pipe) : fd_(std::move(fd)), is_pipe_(is_pipe) {}

  tl::expected<std::size_t, InputFault> read(char* to, std::size_t size) override {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t count = ::read(fd_.get(), to + done, size - done);
      if (count < 0 && errno == EINTR) {
        continue;
      }
      if (count < 0) {
        return tl::unexpected(InputFault{std::generic_category().message(errno)});
      }
      if (count == 0) {
        break;
      }
      done += static_cast<std::size_t>(count);
      if (is_pipe_) {
        break;
      }
    }
    taken_ += done;
    return done;
  }

  [[nodiscard]] std::uint64_t taken() const override { return taken_; }

  [[nodiscard]] bool is_pipe() const override { return is_pipe_; }

 private:
  FileDescriptor fd_;
  bool is_pipe_;
  std::uint64_t taken_ = 0;
};

}  // namespace

std::unique_ptr<ByteInput> plain_input(FileDescriptor fd, bool is_pipe) {
  return std::make_unique<PlainInput>(std::move(fd), is_pipe);
}

}  // namespace noci
