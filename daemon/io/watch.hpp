#pragma once
// "Something changed, or enough time has passed": inotify on the directories of the logs, awaited
// by the analysis. It only says when to look; what changed is found by looking (io/tail), so a lost
// event costs one interval and nothing else. Where inotify is not to be had, the interval is all.

#include <map>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/time.hpp"

namespace noci {

class Watch {
 public:
  explicit Watch(boost::asio::io_context& context);

  /// Watches exactly these directories from now on; one that does not exist is tried again at the
  /// next call.
  void directories(const std::vector<std::string>& paths);
  /// Until something changed, `longest` has passed, or cancel() was called.
  boost::asio::awaitable<void> wait(Duration longest);
  void cancel();
  /// False: no inotify instance or watch was left (see fs.inotify in sysctl), so noci polls.
  [[nodiscard]] bool is_complete() const { return complete_; }

 private:
  void drain();

  boost::asio::posix::stream_descriptor inotify_;
  boost::asio::steady_timer timer_;
  std::map<std::string, int> watches_;
  bool complete_ = true;
  bool cancelled_ = false;
};

}  // namespace noci
