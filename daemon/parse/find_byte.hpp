#pragma once
// Where a byte stands in a short text: lines fall into many small pieces, for
// which a call of the C library costs more than looking.

#include <cstddef>
#include <string_view>

#ifdef __SSE2__
#include <bit>

#include <emmintrin.h>
#endif

namespace noci {

/// The first of either byte; npos when there is none. Give one twice to look
/// for one.
[[nodiscard]] inline std::size_t find_either(std::string_view text, char one, char other) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const char* at = begin;
#ifdef __SSE2__
  const __m128i ones = _mm_set1_epi8(one);
  const __m128i others = _mm_set1_epi8(other);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, ones), _mm_cmpeq_epi8(bytes, others))));
    if (mask != 0) {
      return static_cast<std::size_t>(at - begin) +
             static_cast<std::size_t>(std::countr_zero(mask));
    }
  }
#endif
  for (; at != end; ++at) {
    if (*at == one || *at == other) {
      return static_cast<std::size_t>(at - begin);
    }
  }
  return std::string_view::npos;
}

[[nodiscard]] inline std::size_t find_byte(std::string_view text, char wanted) {
  return find_either(text, wanted, wanted);
}

}  // namespace noci
