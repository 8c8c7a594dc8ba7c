#include "io/watch.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "io/rotation.hpp"

namespace asio = boost::asio;

namespace noci {
namespace {

constexpr std::uint32_t name_events =
    IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF;
// Short enough that an alert is still early, long enough that nobody notices the cost.
constexpr Duration polling_interval{250};

}  // namespace

struct Watch::State : std::enable_shared_from_this<Watch::State> {
  explicit State(const asio::any_io_executor& executor) : descriptor(executor), timer(executor) {
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
      poll_because("inotify is not available", errno);
    } else {
      descriptor.assign(fd);
    }
  }

  void poll_because(const std::string& what, int error) {
    if (!is_polling) {
      notice = what + " (" + std::generic_category().message(error) +
               "); looking at the logs every " + format_duration(polling_interval) +
               " instead; see fs.inotify.max_user_watches and max_user_instances";
    }
    is_polling = true;
  }

  void note(WakeUp what) { pending = std::max(pending, what); }

  /// Reads all events there are; what they say is folded into one wake-up.
  void drain() {
    alignas(inotify_event) std::array<char, 16 * 1024> buffer;
    while (descriptor.is_open()) {
      const ssize_t count = ::read(descriptor.native_handle(), buffer.data(), buffer.size());
      if (count <= 0) {
        return;
      }
      for (std::size_t at = 0; at < static_cast<std::size_t>(count);) {
        inotify_event event{};
        std::memcpy(&event, buffer.data() + at, sizeof event);
        at += sizeof event + event.len;
        take(event);
      }
    }
  }

  void take(const inotify_event& event) {
    note((event.mask & (name_events | IN_Q_OVERFLOW | IN_IGNORED)) != 0 ? WakeUp::names
                                                                        : WakeUp::bytes);
    if ((event.mask & IN_MOVE_SELF) != 0) {
      // The watch would follow the directory to its new name; the old name is what counts.
      inotify_rm_watch(descriptor.native_handle(), event.wd);
    }
    if ((event.mask & (IN_IGNORED | IN_MOVE_SELF)) != 0) {
      std::erase_if(watched, [&](const auto& entry) { return entry.second == event.wd; });
    }
  }

  void add(const std::string& directory) {
    const int wd = inotify_add_watch(descriptor.native_handle(), directory.c_str(),
                                     name_events | IN_MODIFY | IN_ONLYDIR);
    if (wd >= 0) {
      watched[directory] = wd;
      note(WakeUp::names);  // what happened before the watch stood was not reported
    } else if (errno == ENOSPC || errno == ENOMEM) {
      poll_because("cannot watch " + directory, errno);
    }
  }

  void arm() {
    if (is_armed || !descriptor.is_open()) {
      return;
    }
    is_armed = true;
    descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            self->is_armed = false;
                            if (!error) {
                              self->drain();
                              self->timer.cancel();
                            }
                          });
  }

  void arm(const std::shared_ptr<asio::posix::stream_descriptor>& other) {
    other->async_wait(asio::posix::descriptor_base::wait_read,
                      [self = shared_from_this(), other](const boost::system::error_code& error) {
                        if (!error) {
                          self->unarmed.push_back(other);
                          self->note(WakeUp::bytes);
                          self->timer.cancel();
                        }
                      });
  }

  void close_others() {
    for (const auto& other : others) {
      boost::system::error_code ignored;
      other->close(ignored);
    }
    others.clear();
    unarmed.clear();
  }

  asio::posix::stream_descriptor descriptor;
  asio::steady_timer timer;
  std::map<std::string, int> watched;
  /// Duplicates of the sources' descriptors, and those of them that nobody waits for now.
  std::vector<std::shared_ptr<asio::posix::stream_descriptor>> others;
  std::vector<std::shared_ptr<asio::posix::stream_descriptor>> unarmed;
  WakeUp pending = WakeUp::timeout;
  bool is_armed = false;
  bool is_polling = false;
  std::optional<std::string> notice;
};

Watch::Watch(asio::any_io_executor executor) : state_(std::make_shared<State>(executor)) {}

Watch::~Watch() {
  boost::system::error_code ignored;
  state_->descriptor.close(ignored);
  state_->close_others();
  state_->timer.cancel();
}

void Watch::set_directories(const std::vector<std::string>& directories) {
  State& state = *state_;
  if (!state.descriptor.is_open()) {
    return;
  }
  state.drain();  // a directory that went away meanwhile is watched anew below
  std::set<std::string> wanted;
  for (std::string directory : directories) {
    while (access(directory.c_str(), F_OK) != 0 && directory_of(directory) != directory) {
      directory = directory_of(directory);
    }
    wanted.insert(std::move(directory));
  }
  std::set<int> unneeded;
  std::erase_if(state.watched, [&](const auto& entry) {
    const bool is_unneeded = !wanted.contains(entry.first);
    if (is_unneeded) {
      unneeded.insert(entry.second);
    }
    return is_unneeded;
  });
  for (const auto& [directory, wd] : state.watched) {
    unneeded.erase(wd);  // the same directory under another name
  }
  for (const int wd : unneeded) {
    inotify_rm_watch(state.descriptor.native_handle(), wd);
  }
  for (const std::string& directory : wanted) {
    if (!state.watched.contains(directory)) {
      state.add(directory);
    }
  }
}

void Watch::set_descriptors(const std::vector<int>& descriptors) {
  State& state = *state_;
  // Anew each time: the same number may be another descriptor by now.
  state.close_others();
  for (const int descriptor : descriptors) {
    if (const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0); copy >= 0) {
      state.others.push_back(
          std::make_shared<asio::posix::stream_descriptor>(state.timer.get_executor(), copy));
    }
  }
  state.unarmed = state.others;
}

namespace {

template <typename State>
asio::awaitable<WakeUp> wait_for(std::shared_ptr<State> state, Duration longest) {
  state->drain();
  if (state->pending == WakeUp::timeout) {
    state->arm();
    for (const auto& other : std::exchange(state->unarmed, {})) {
      state->arm(other);
    }
    state->timer.expires_after(state->is_polling ? std::min(longest, polling_interval) : longest);
    co_await state->timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return std::exchange(state->pending, WakeUp::timeout);
}

}  // namespace

asio::awaitable<WakeUp> Watch::wait(Duration longest) {
  return wait_for(state_, longest);
}

void Watch::wake() {
  asio::post(state_->timer.get_executor(), [state = state_] {
    state->note(WakeUp::names);
    state->timer.cancel();
  });
}

bool Watch::is_polling() const {
  return state_->is_polling;
}

std::optional<std::string> Watch::take_notice() {
  return std::exchange(state_->notice, std::nullopt);
}

}  // namespace noci
