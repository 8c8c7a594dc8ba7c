#include "io/watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/inotify.h>
#include <unistd.h>

namespace noci {
namespace {

using boost::asio::awaitable;
constexpr auto as_result = boost::asio::as_tuple(boost::asio::use_awaitable);

constexpr std::uint32_t changes = IN_MODIFY | IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE |
                                  IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

}  // namespace

Watch::Watch(boost::asio::io_context& context) : inotify_(context), timer_(context) {
  const int file = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  if (file >= 0) {
    inotify_.assign(file);
  } else {
    complete_ = false;
  }
}

void Watch::directories(const std::vector<std::string>& paths) {
  if (!inotify_.is_open()) {
    return;
  }
  complete_ = true;
  std::map<std::string, int> wanted;
  for (const std::string& path : paths) {
    // Adding a watch again gives the same number; a directory that was replaced gives a new one.
    const int watch = inotify_add_watch(inotify_.native_handle(), path.c_str(), changes);
    if (watch >= 0) {
      wanted[path] = watch;
    } else if (errno == ENOSPC || errno == ENOMEM) {
      complete_ = false;
    }
  }
  for (const auto& [path, watch] : watches_) {
    const bool kept = std::any_of(wanted.begin(), wanted.end(),
                                  [&](const auto& entry) { return entry.second == watch; });
    if (!kept) {
      inotify_rm_watch(inotify_.native_handle(), watch);
    }
  }
  watches_ = std::move(wanted);
}

awaitable<void> Watch::wait(Duration longest) {
  using namespace boost::asio::experimental::awaitable_operators;
  if (cancelled_) {
    cancelled_ = false;
    co_return;
  }
  timer_.expires_after(longest);
  if (!inotify_.is_open()) {
    co_await timer_.async_wait(as_result);
  } else {
    co_await (inotify_.async_wait(boost::asio::posix::stream_descriptor::wait_read, as_result) ||
              timer_.async_wait(as_result));
    drain();
  }
  cancelled_ = false;
}

void Watch::cancel() {
  cancelled_ = true;
  timer_.cancel();
}

void Watch::drain() {
  std::array<char, 16384> events{};
  while (read(inotify_.native_handle(), events.data(), events.size()) > 0) {
  }
}

}  // namespace noci
