#pragma once
// rapidcheck/catch.h asks for Catch2 2's one header. With Catch2 3 this stands in for it; the
// folder is on the include path only there.

#include <catch2/catch_all.hpp>
