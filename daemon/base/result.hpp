#pragma once
// Errors as values. Whatever data, files or the network can cause comes back as a Result; broken
// invariants abort through NOCI_CHECK in every build, and systemd restarts from the last commit.

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace noci {

/// What went wrong, in one sentence that says what was tried, on what, and why it failed.
struct Error {
  std::string what;
};

template <typename T>
using Result = tl::expected<T, Error>;

[[nodiscard]] inline tl::unexpected<Error> failure(std::string what) {
  return tl::unexpected<Error>(Error{std::move(what)});
}

/// `what: strerror(errno)`, for system calls.
[[nodiscard]] tl::unexpected<Error> system_failure(std::string what, int error_number);

[[noreturn]] void check_failed(const char* condition, const char* file, int line);

}  // namespace noci

// The one macro of the house: it must name the condition and the place.
#define NOCI_CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::noci::check_failed(#condition, __FILE__, __LINE__))
