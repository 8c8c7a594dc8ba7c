#include "app/counting_thread.hpp"

#include <utility>

namespace noci {

std::size_t events_at_once(const InputLogs& inputs) {
  constexpr std::size_t of_many_logs = 512;
  return inputs.logs.size() == 1 ? 1 : of_many_logs;
}

CountingThread::CountingThread(Pipeline& pipeline, std::size_t enough,
                               std::function<void(const std::vector<Alert>&)> tell)
    : pipeline_(pipeline),
      enough_(enough),
      tell_(std::move(tell)),
      thread_([this] { count_all(); }) {}

CountingThread::~CountingThread() {
  finish();
}

void CountingThread::feed(const Chunk& chunk) {
  pipeline_.read(chunk, reading_);
  if (reading_.size() >= enough_) {
    hand_over();
  }
}

void CountingThread::finish() {
  if (!thread_.joinable()) {
    return;
  }
  hand_over();
  {
    const std::lock_guard lock(mutex_);
    is_last_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

/// Waits as long as the batch before is not taken: reading is never more than one ahead.
void CountingThread::hand_over() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !is_waiting_; });
    std::swap(waiting_, reading_);
    is_waiting_ = true;
  }
  changed_.notify_all();
  reading_.clear();
}

void CountingThread::count_all() {
  EventBatch batch;
  std::vector<Alert> alerts;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return is_waiting_ || is_last_; });
      if (!is_waiting_) {
        return;
      }
      std::swap(batch, waiting_);
      is_waiting_ = false;
    }
    changed_.notify_all();
    pipeline_.count(batch, alerts);
    tell_(alerts);
    alerts.clear();
    batch.clear();
  }
}

}  // namespace noci
