#pragma once
// Catch2 2 (Debian 12) and 3 (Debian 13) behind one include.

#if NOCI_CATCH2_MAJOR >= 3
#include <catch2/catch_all.hpp>

using Catch::Approx;  // global in Catch2 2
#else
#include <catch2/catch.hpp>

// The name this matcher has in Catch2 3, where Contains is about containers.
namespace Catch::Matchers {

inline auto ContainsSubstring(const std::string& text) {
  return Contains(text);
}

}  // namespace Catch::Matchers
#endif
