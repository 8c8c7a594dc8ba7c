#include "io/read_ahead.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace noci {
namespace {

/// One more is at the reader's, and one in the making.
constexpr std::size_t blocks_ahead = 2;

/// What one read gave: bytes or a fault.
struct Block {
  std::vector<char> bytes;
  std::optional<InputFault> fault;
  std::uint64_t taken = 0;  ///< by the input, afterwards
};

class ReadAhead final : public ByteInput {
 public:
  ReadAhead(std::unique_ptr<ByteInput> input, std::size_t block)
      : input_(std::move(input)),
        is_pipe_(input_->is_pipe()),
        taken_(input_->taken()),
        thread_([this, block] { read_all(block); }) {}

  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  ~ReadAhead() override {
    {
      const std::lock_guard lock(mutex_);
      is_unwanted_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  tl::expected<std::size_t, InputFault> read(char* to, std::size_t size) override {
    if (at_ == current_.bytes.size()) {
      if (!next_block()) {
        return 0;
      }
      if (current_.fault) {
        return tl::unexpected(*current_.fault);
      }
    }
    const std::size_t count = std::min(size, current_.bytes.size() - at_);
    std::copy_n(current_.bytes.data() + at_, count, to);
    at_ += count;
    return count;
  }

  [[nodiscard]] std::uint64_t taken() const override { return taken_; }

  [[nodiscard]] bool is_pipe() const override { return is_pipe_; }

 private:
  /// False at the end.
  bool next_block() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty() || has_ended_; });
    if (ready_.empty()) {
      return false;
    }
    current_ = std::move(ready_.front());
    ready_.pop_front();
    lock.unlock();
    changed_.notify_all();
    at_ = 0;
    taken_ = current_.taken;
    return true;
  }

  void read_all(std::size_t size) {
    bool goes_on = true;
    while (goes_on) {
      Block block;
      block.bytes.resize(size);
      const auto count = input_->read(block.bytes.data(), size);
      block.bytes.resize(count.value_or(0));
      block.taken = input_->taken();
      if (!count) {
        block.fault = count.error();
      }
      goes_on = count.value_or(0) > 0;
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ready_.size() < blocks_ahead || is_unwanted_; });
      goes_on = goes_on && !is_unwanted_;
      if (goes_on || block.fault) {
        ready_.push_back(std::move(block));
      }
      has_ended_ = !goes_on;
      lock.unlock();
      changed_.notify_all();
    }
  }

  std::unique_ptr<ByteInput> input_;  ///< the thread's
  bool is_pipe_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Block> ready_;
  bool has_ended_ = false;
  bool is_unwanted_ = false;

  // The reader's.
  Block current_;
  std::size_t at_ = 0;
  std::uint64_t taken_;

  std::thread thread_;  ///< last: it uses the others
};

}  // namespace

std::unique_ptr<ByteInput> read_ahead(std::unique_ptr<ByteInput> input, std::size_t block) {
  return std::make_unique<ReadAhead>(std::move(input), block);
}

}  // namespace noci
