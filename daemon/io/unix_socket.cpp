#include "io/unix_socket.hpp"

#include <cerrno>
#include <cstring>

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/file_descriptor.hpp"

namespace asio = boost::asio;

namespace noci {
namespace {

using Protocol = asio::local::stream_protocol;

FileId id_of(const std::string& path) {
  struct stat status {};

  return lstat(path.c_str(), &status) == 0 ? FileId{status.st_dev, status.st_ino} : FileId{};
}

/// Removes what a dead daemon left under the name.
Result<void> make_room(const std::string& path) {
  struct stat status {};

  if (lstat(path.c_str(), &status) != 0) {
    return {};
  }
  if (!S_ISSOCK(status.st_mode)) {
    return failure("cannot listen at " + path + ": there is a file that is not a socket");
  }
  if (is_answered(path)) {
    return failure("cannot listen at " + path + ": another noci is running there");
  }
  if (unlink(path.c_str()) != 0) {
    return system_failure("cannot remove the old socket " + path, errno);
  }
  return {};
}

Result<void> give_to_group(const UnixSocketPlace& place) {
  if (place.group.empty()) {
    return {};
  }
  const group* const found = getgrnam(place.group.c_str());
  if (found == nullptr) {
    return failure("cannot listen at " + place.path + ": there is no group " + place.group);
  }
  if (chown(place.path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0) {
    return system_failure("cannot give " + place.path + " to the group " + place.group +
                              " (noci must be a member of it)",
                          errno);
  }
  return {};
}

}  // namespace

Result<FileId> listen_unix(Protocol::acceptor& acceptor, const UnixSocketPlace& place) {
  if (place.path.size() >= sizeof(sockaddr_un::sun_path)) {
    return failure("cannot listen at " + place.path + ": the path is too long for a socket");
  }
  if (auto room = make_room(place.path); !room) {
    return tl::unexpected(room.error());
  }
  boost::system::error_code error;
  Result<void> given;
  acceptor.open(Protocol(), error);
  if (!error) {
    // The file gets its mode from the socket, so it is never wider for an instant.
    fchmod(acceptor.native_handle(), place.group.empty() ? place.mode : place.mode & 0700U);
    acceptor.bind(Protocol::endpoint(place.path), error);
  }
  if (!error) {
    given = give_to_group(place);
    chmod(place.path.c_str(), place.mode);  // whatever the umask took away
    acceptor.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error || !given) {
    boost::system::error_code ignored;
    acceptor.close(ignored);
    if (!given) {
      unlink(place.path.c_str());
      return tl::unexpected(given.error());
    }
    return system_failure("cannot listen at " + place.path, error.value());
  }
  return id_of(place.path);
}

bool is_answered(const std::string& path) {
  sockaddr_un address{};
  if (path.size() >= sizeof address.sun_path) {
    return false;
  }
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  return connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
         errno == EAGAIN;
}

void remove_unix_socket(const std::string& path, const FileId& id) {
  if (!path.empty() && id_of(path) == id) {
    unlink(path.c_str());
  }
}

}  // namespace noci
