#include "base/result.hpp"

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace noci {

tl::unexpected<Error> system_failure(std::string what, int error_number) {
  return failure(std::move(what) + ": " + std::generic_category().message(error_number));
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "noci: broken invariant %s at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace noci
