#pragma once
// What every sender's bytes go through, whichever way they come: split into lines, kept within the
// limits, put into the spool. Shared by the connections of one Intake; one thread.

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "io/intake.hpp"
#include "io/line_splitter.hpp"
#include "io/spool.hpp"

namespace noci {

/// One sender, from its first byte to its last.
struct Incoming {
  static constexpr std::size_t block_size = 64 * 1024;

  Incoming(const boost::asio::any_io_executor& executor, std::size_t longest)
      : splitter(longest), timer(executor) {}

  LineSplitter splitter;
  std::string file;  ///< of the spool
  boost::asio::steady_timer timer;
  std::function<void()> close;
  std::chrono::steady_clock::time_point line_deadline{};
  bool is_late = false;  ///< closed by the timer
  std::array<char, block_size> buffer;
  std::string lines;
};

using IncomingPtr = std::shared_ptr<Incoming>;

struct Reception {
  using ErrorCode = boost::system::error_code;
  using ReceptionPtr = std::shared_ptr<Reception>;

  Reception(const boost::asio::any_io_executor& on, IntakeOptions given)
      : executor(on), options(std::move(given)), status(std::make_shared<IntakeStatus>()) {}

  [[nodiscard]] Result<void> open_spool();

  /// Says so when there is none.
  [[nodiscard]] bool has_room(std::size_t there);
  [[nodiscard]] IncomingPtr enter(const std::string& stream);
  /// Reads to the end, whatever ends it.
  template <typename Stream>
  static boost::asio::awaitable<ErrorCode> receive(ReceptionPtr state, IncomingPtr connection,
                                                   Stream& stream);
  void leave(const IncomingPtr& connection);

  /// Until the spool takes more; true when that took any time.
  static boost::asio::awaitable<bool> wait_for_spool(ReceptionPtr state);
  /// What has come is split; false when nothing of this sender can be read any more.
  [[nodiscard]] bool take(const IncomingPtr& connection, std::size_t count);
  /// Moves what is whole into the spool.
  void keep(const IncomingPtr& connection);
  void tell();
  /// The sender has until a line's end, or until the idle time is over, for what it does next.
  void limit(const IncomingPtr& connection) const;

  boost::asio::any_io_executor executor;
  IntakeOptions options;
  std::shared_ptr<IntakeStatus> status;
  std::optional<Spool> spool;
  std::set<IncomingPtr> connections;
  bool is_stopping = false;
};

template <typename Stream>
boost::asio::awaitable<boost::system::error_code> Reception::receive(ReceptionPtr state,
                                                                     IncomingPtr connection,
                                                                     Stream& stream) {
  for (;;) {
    if (state->spool->is_blocked()) {
      connection->timer.cancel();  // it is us who make the sender wait
      co_await wait_for_spool(state);
      connection->line_deadline = std::chrono::steady_clock::now() + state->options.line_time;
    }
    if (state->is_stopping) {
      co_return boost::asio::error::operation_aborted;
    }
    state->limit(connection);
    const auto [error, count] = co_await stream.async_read_some(
        boost::asio::buffer(connection->buffer), boost::asio::as_tuple(boost::asio::use_awaitable));
    if (count == 0 && error) {
      co_return error;
    }
    if (!state->take(connection, count)) {
      co_return boost::asio::error::invalid_argument;
    }
  }
}

}  // namespace noci
