#pragma once
// Runs one coroutine of a test to its end on an io_context, together with whatever else lives
// there.

#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace noci::testing {

template <typename T>
T run(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, T value) {
    if (error) {
      std::rethrow_exception(error);
    }
    result.emplace(std::move(value));
  });
  io.restart();
  while (!result) {
    io.run_one();
  }
  return std::move(*result);
}

}  // namespace noci::testing
