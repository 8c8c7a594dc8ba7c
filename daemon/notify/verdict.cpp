#include "notify/verdict.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "notify/http_date.hpp"

namespace noci {
namespace {

std::optional<Duration> parse_retry_after(std::string_view text, TimePoint now) {
  text = trim(text);
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    std::int64_t seconds = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr std::int64_t most = longest_wait / std::chrono::seconds{1};
    return std::chrono::seconds{error == std::errc{} ? std::min(seconds, most) : most};
  }
  if (const auto date = parse_http_date(text, now)) {
    return std::clamp(*date - now, Duration::zero(), longest_wait);
  }
  return std::nullopt;
}

std::optional<Duration> retry_after_of(const HttpResponse& response, TimePoint now) {
  for (const auto& [name, value] : response.headers) {
    if (equals_ignoring_case(name, "Retry-After")) {
      return parse_retry_after(value, now);
    }
  }
  return std::nullopt;
}

bool is_temporary(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500 || status < 200;
}

std::string why_of(const HttpResponse& response) {
  std::string why = "HTTP " + std::to_string(response.status);
  if (response.status >= 300 && response.status < 400) {
    why += " (redirects are not followed)";
  }
  const std::string_view said = trim(response.body);
  return said.empty() ? why : why + ": " + printable(said, 120);
}

}  // namespace

Judgement judge(const HttpResponse& response, TimePoint now) {
  if (response.status >= 200 && response.status < 300) {
    return {Verdict::delivered, std::nullopt, {}};
  }
  if (is_temporary(response.status)) {
    return {Verdict::retry, retry_after_of(response, now), why_of(response)};
  }
  return {Verdict::dead, std::nullopt, why_of(response)};
}

Judgement judge_failure(const std::string& why) {
  return {Verdict::retry, std::nullopt, why};
}

Duration backoff(int attempts, double jitter01) {
  using std::chrono::seconds;
  constexpr std::array<seconds, 7> waits{seconds{1},  seconds{5},   seconds{15}, seconds{30},
                                         seconds{60}, seconds{120}, seconds{300}};
  const int last = static_cast<int>(waits.size()) - 1;
  const auto step = static_cast<std::size_t>(std::clamp(attempts - 1, 0, last));
  const Duration wait = waits[step];
  const double kept = 1 - 0.2 * std::clamp(jitter01, 0.0, 1.0);
  return Duration{static_cast<Duration::rep>(static_cast<double>(wait.count()) * kept)};
}

}  // namespace noci
