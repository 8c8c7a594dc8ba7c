#pragma once
// The one completion handler of every co_spawn: an exception that leaves a coroutine is a bug and
// must not disappear. It leaves io_context::run() and ends the process.

#include <exception>

namespace noci {

struct Rethrow {
  void operator()(std::exception_ptr error) const {
    if (error) {
      std::rethrow_exception(error);
    }
  }
};

inline constexpr Rethrow rethrow{};

}  // namespace noci
