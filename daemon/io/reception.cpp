#include "io/reception.hpp"

#include <algorithm>

namespace asio = boost::asio;

namespace noci {
namespace {

using Clock = std::chrono::steady_clock;

/// How often somebody who waits for the spool looks whether it takes more.
constexpr std::chrono::milliseconds pause{100};
/// The part of the limit that one file of the spool may take; see SpoolOptions::segment.
constexpr std::uint64_t segments = 2 * Spool::most_streams;

}  // namespace

Result<void> Reception::open_spool() {
  const std::uint64_t segment =
      options.segment != 0 ? options.segment : options.spool_limit / segments;
  auto opened = Spool::open({options.folder, options.spool_limit, segment});
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  spool.emplace(std::move(*opened));
  status->broken_lines += spool->cut_lines();
  tell();
  return {};
}

bool Reception::has_room(std::size_t there) {
  if (there < static_cast<std::size_t>(options.listen.connections)) {
    return true;
  }
  ++status->refused;
  options.warn("refused a connection to source " + options.name + ": there are " +
               std::to_string(there) + " already; see its setting connections");
  return false;
}

IncomingPtr Reception::enter(const std::string& stream) {
  auto connection = std::make_shared<Incoming>(executor, options.longest_line);
  connection->file = spool->file_of(options.worker.empty() ? stream : options.worker);
  connections.insert(connection);
  ++status->accepted;
  status->connections = connections.size();
  return connection;
}

void Reception::leave(const IncomingPtr& connection) {
  connection->timer.cancel();
  connection->close = [] {};
  status->idle_closed += connection->is_late ? 1 : 0;
  status->broken_lines += connection->splitter.is_inside_line() ? 1 : 0;
  connections.erase(connection);
  status->connections = connections.size();
}

asio::awaitable<bool> Reception::wait_for_spool(ReceptionPtr state) {
  if (!state->spool->is_blocked()) {
    co_return false;
  }
  ++state->status->pauses;
  asio::steady_timer timer(state->executor);
  while (state->spool->is_blocked() && !state->is_stopping) {
    timer.expires_after(pause);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    state->spool->flush();
    state->tell();
  }
  co_return true;
}

bool Reception::take(const IncomingPtr& connection, std::size_t count) {
  LineSplitter& splitter = connection->splitter;
  const bool was_inside = splitter.is_inside_line();
  const std::uint64_t oversize = splitter.oversize_lines();
  const std::uint64_t before = splitter.lines() + oversize;
  const bool is_framed = splitter.push({connection->buffer.data(), count}, connection->lines);
  status->oversize_lines += splitter.oversize_lines() - oversize;
  if (!was_inside || splitter.lines() + splitter.oversize_lines() > before) {
    connection->line_deadline = Clock::now() + options.line_time;
  }
  keep(connection);
  if (!is_framed) {
    ++status->misframed;
    options.warn("closed a connection to source " + options.name +
                 ": its octet counts make no sense");
  }
  return is_framed;
}

void Reception::keep(const IncomingPtr& connection) {
  if (!connection->lines.empty()) {
    status->lines += static_cast<std::uint64_t>(
        std::count(connection->lines.begin(), connection->lines.end(), '\n'));
    spool->append(connection->file, connection->lines);
    connection->lines.clear();
    tell();
  }
}

void Reception::tell() {
  status->spool_bytes = spool->bytes();
  status->spool_errors = spool->write_errors();
  status->set_fault(spool->is_blocked() ? spool->why() : "");
}

void Reception::limit(const IncomingPtr& connection) const {
  if (options.type == SourceType::standard_input) {
    return;
  }
  connection->timer.expires_at(connection->splitter.is_inside_line()
                                   ? connection->line_deadline
                                   : Clock::now() + options.listen.idle_timeout);
  connection->timer.async_wait([connection](const ErrorCode& error) {
    if (!error) {
      connection->is_late = true;
      connection->close();
    }
  });
}

}  // namespace noci
