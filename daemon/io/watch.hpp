#pragma once
// Wakes the analysis when something changes in the directories of the logs (inotify), when a
// descriptor such as the journal's becomes readable, or when the time is up. A wake-up says only
// "look again": what changed is for the source to find out, so a lost or surplus one harms nothing.
// Where inotify's limits are reached it becomes a short timer.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/time.hpp"

namespace noci {

/// What ended a wait, in rising order of what there is to do.
enum class WakeUp : std::uint8_t {
  timeout,
  bytes,  ///< a file was written: read on
  names,  ///< a file or directory came, went or was renamed: rescan, then read on
};

class Watch {
 public:
  /// Everything runs on this executor, which must be that of one thread.
  explicit Watch(boost::asio::any_io_executor executor);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// To be called after each rescan; costs little when nothing changed. A directory that does not
  /// exist is waited for in its nearest parent that does.
  void set_directories(const std::vector<std::string>& directories);
  /// Descriptors that become readable when a source has more; their owner silences them by
  /// reading. To be called after each rescan, since an owner may have opened another one.
  void set_descriptors(const std::vector<int>& descriptors);
  /// What happened since the last wait counts too. One wait at a time.
  [[nodiscard]] boost::asio::awaitable<WakeUp> wait(Duration longest);
  /// Ends the present or the next wait with `names`. From any thread.
  void wake();

  [[nodiscard]] bool is_polling() const;
  /// Something the log should say once: why there is no inotify.
  [[nodiscard]] std::optional<std::string> take_notice();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace noci
