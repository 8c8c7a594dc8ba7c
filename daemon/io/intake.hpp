#pragma once
// Receives records that nobody can read again: newline-delimited (or octet-counted) text over TCP,
// TLS or a Unix socket, and standard input. Whole lines go into a spool in the order of each
// connection; different connections interleave by whole lines. When the spool takes no more, no
// sender is read: they wait, nothing is dropped. Bounded in connections, line length, time within a
// line and silence; every bound has a counter.
//
// Lines of one sender (its certificate's name, else its address) are one stream of the spool, since
// Synapse's processes count their requests each for themselves and do not say who they are.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "base/result.hpp"
#include "base/time.hpp"
#include "io/intake_status.hpp"
#include "model/record.hpp"
#include "model/settings.hpp"

namespace noci {

struct IntakeOptions {
  std::string name;
  SourceType type = SourceType::tcp;  ///< or unix_socket, standard_input
  ListenSettings listen;
  std::string worker;  ///< all senders are this process: one stream
  std::string folder;  ///< of the spool
  std::uint64_t spool_limit = std::uint64_t{1} << 30;
  std::uint64_t segment = 0;                          ///< of the spool; 0: as the limit allows
  std::size_t longest_line = std::size_t{512} << 10;  ///< the framer keeps no longer one either
  Duration handshake_time = std::chrono::seconds{10};
  /// From a line's first byte to its end. A pause of ours does not count.
  Duration line_time = std::chrono::seconds{60};
  /// Something the log should say; called on the executor's thread.
  std::function<void(const std::string& what)> warn = [](const std::string&) {};
};

class Intake {
 public:
  /// Everything runs on this executor, which must be that of one thread.
  Intake(boost::asio::any_io_executor executor, IntakeOptions options);
  ~Intake();
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  /// Opens the spool and begins to receive. An error names the place and the cause.
  [[nodiscard]] Result<void> open();

  /// For `noci check`: whether open() could listen, without a spool. An address in use may be
  /// that of the daemon that is running.
  [[nodiscard]] Result<void> try_listening();

  /// The port that is listened on; 0 when none.
  [[nodiscard]] std::uint16_t port() const;

  [[nodiscard]] std::shared_ptr<const IntakeStatus> status() const;

  /// What is before these cursors is not needed any more. From any thread.
  void release(std::vector<Cursor> committed);
  /// Closes every connection. What was received is in the spool. From the executor's thread.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace noci
