#pragma once
// Counting on a thread of its own what the caller reads: a log is framed and parsed on one core
// while its events are counted on another, in the order in which they were read, so with the same
// alerts.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "app/input_logs.hpp"
#include "model/alert.hpp"
#include "model/record.hpp"
#include "pipeline/event_batch.hpp"
#include "pipeline/pipeline.hpp"

namespace noci {

/// For these: the blocks of one log are large, or come through a pipe and are to be told of at
/// once; of several logs a chunk may be a line.
[[nodiscard]] std::size_t events_at_once(const InputLogs& inputs);

class CountingThread {
 public:
  /// `tell` is called on the thread with the alerts of one batch, also with none. `enough`: so many
  /// events are handed over at once, after the chunk that made them so many.
  CountingThread(Pipeline& pipeline, std::size_t enough,
                 std::function<void(const std::vector<Alert>&)> tell);
  CountingThread(const CountingThread&) = delete;
  CountingThread& operator=(const CountingThread&) = delete;
  /// As finish().
  ~CountingThread();

  void feed(const Chunk& chunk);
  /// Returns when all was counted and told. Then the pipeline is the caller's again.
  void finish();

 private:
  void hand_over();
  void count_all();

  Pipeline& pipeline_;
  std::size_t enough_;
  std::function<void(const std::vector<Alert>&)> tell_;
  EventBatch reading_;

  std::mutex mutex_;
  std::condition_variable changed_;
  EventBatch waiting_;
  bool is_waiting_ = false;  ///< waiting_ holds a batch
  bool is_last_ = false;     ///< and none comes after it

  std::thread thread_;  ///< last: it uses the others
};

}  // namespace noci
