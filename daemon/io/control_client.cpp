#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "io/control.hpp"
#include "io/file_descriptor.hpp"

namespace noci {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t longest_answer = 16 << 20;

tl::unexpected<Error> cannot_connect(const std::string& path, int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return failure("noci is not running: there is no socket at " + path);
    case ECONNREFUSED:
      return failure("noci is not running: the socket at " + path +
                     " is left from an earlier run and nobody answers");
    case EACCES:
    case EPERM:
      return failure("no permission to talk to noci at " + path +
                     ": ask as root or as a member of the group noci");
    default:
      return system_failure("cannot talk to noci at " + path, error);
  }
}

/// 0 when the socket is ready for `events` before the deadline, else an errno.
int wait_for(const FileDescriptor& socket, short events, Clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd entry{socket.get(), events, 0};
    const int ready =
        poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000)));
    if (ready > 0) {
      return 0;
    }
    if (ready == 0) {
      return ETIMEDOUT;
    }
    if (errno != EINTR) {
      return errno;
    }
  }
}

int send_all(const FileDescriptor& socket, std::string_view bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    const ssize_t count = send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (const int error = wait_for(socket, POLLOUT, deadline); error != 0) {
        return error;
      }
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

int receive_all(const FileDescriptor& socket, std::string& answer, Clock::time_point deadline) {
  std::array<char, 16 * 1024> buffer;
  while (answer.size() < longest_answer) {
    if (const int error = wait_for(socket, POLLIN, deadline); error != 0) {
      return error;
    }
    const ssize_t count = recv(socket.get(), buffer.data(), buffer.size(), 0);
    if (count == 0) {
      return 0;
    }
    if (count > 0) {
      answer.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

Result<std::string> ask(const std::string& path, const std::string& request, Duration timeout) {
  const Clock::time_point deadline = Clock::now() + timeout;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return failure("cannot talk to noci at " + path + ": the path is too long for a socket");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket.is_open()) {
    return system_failure("cannot make a socket", errno);
  }
  if (connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return cannot_connect(path, errno);
  }
  std::string answer;
  int error = send_all(socket, request + "\n", deadline);
  if (error == 0) {
    error = receive_all(socket, answer, deadline);
  }
  if (error == ETIMEDOUT) {
    return failure("noci at " + path + " did not answer within " + format_duration(timeout));
  }
  if (error != 0) {
    return system_failure("lost the connection to noci at " + path, error);
  }
  return answer;
}

}  // namespace noci
