#pragma once
// Runs an io_context until one coroutine ends; whatever it throws comes out here.

#include <exception>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "io/completion.hpp"

namespace noci {

inline void run_to_end(boost::asio::io_context& context, boost::asio::awaitable<void> coroutine) {
  boost::asio::co_spawn(context, std::move(coroutine), [&context](std::exception_ptr error) {
    context.stop();
    rethrow(error);
  });
  context.run();
}

}  // namespace noci
