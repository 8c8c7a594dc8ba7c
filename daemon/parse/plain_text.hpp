#pragma once
// Steps over the bytes of a JSON string that stand for themselves, sixteen at a time.

#include <cstddef>

#ifdef __SSE2__
#include <bit>

#include <emmintrin.h>
#endif

namespace noci {

/// Of JSON's strings: ASCII that neither ends a string nor begins an escape.
[[nodiscard]] constexpr bool is_plain(char c) {
  return static_cast<signed char>(c) >= 0x20 && c != '"' && c != '\\';
}

/// The first byte from `at` on that is not plain; `end` when all are.
[[nodiscard]] inline const char* skip_plain(const char* at, const char* end) {
#ifdef __SSE2__
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i blank = _mm_set1_epi8(0x20);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    // Signed, so that what is no ASCII counts as less than a blank.
    const __m128i stops =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmplt_epi8(bytes, blank));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(stops));
    if (mask != 0) {
      return at + std::countr_zero(mask);
    }
  }
#endif
  while (at != end && is_plain(*at)) {
    ++at;
  }
  return at;
}

}  // namespace noci
