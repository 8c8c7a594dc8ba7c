#pragma once
// A listening Unix socket's place in the file system: what a dead process left under the name is
// removed, a living one's is not, and the mode is never wider than it should be, not for an
// instant.

#include <string>

#include <boost/asio/local/stream_protocol.hpp>

#include "base/result.hpp"
#include "io/rotation.hpp"

namespace noci {

struct UnixSocketPlace {
  std::string path;
  unsigned mode = 0660;
  std::string group;  ///< empty: this process's
};

/// Gives the socket file's identity, for remove_unix_socket(). The acceptor listens afterwards.
[[nodiscard]] Result<FileId> listen_unix(boost::asio::local::stream_protocol::acceptor& acceptor,
                                         const UnixSocketPlace& place);
/// A living process listens at this path.
[[nodiscard]] bool is_answered(const std::string& path);
/// Unless the name means another file by now.
void remove_unix_socket(const std::string& path, const FileId& id);

}  // namespace noci
