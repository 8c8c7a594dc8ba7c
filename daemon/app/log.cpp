#include "app/log.hpp"

#include <cstdlib>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/text.hpp"

namespace noci {
namespace {

constexpr Duration repeat_interval = std::chrono::minutes{1};
/// Keys come from the settings and fixed words; this is only a belt.
constexpr std::size_t most_keys = 1000;

/// The `<n>` that the journal reads as a priority.
class PriorityFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    const char digit = message.level >= spdlog::level::err    ? '3'
                       : message.level == spdlog::level::warn ? '4'
                       : message.level == spdlog::level::info ? '6'
                                                              : '7';
    const char text[] = {'<', digit, '>'};
    out.append(text, text + sizeof text);
  }

  [[nodiscard]] std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }
};

}  // namespace

std::shared_ptr<spdlog::logger> make_logger(const std::string& level) {
  auto log = std::make_shared<spdlog::logger>(
      "noci", std::make_shared<spdlog::sinks::stderr_color_sink_mt>());
  if (std::getenv("JOURNAL_STREAM") != nullptr) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<PriorityFlag>('*').set_pattern("%*%v");
    log->set_formatter(std::move(formatter));
  } else {
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  }
  log->set_level(spdlog::level::from_str(level));
  log->flush_on(spdlog::level::debug);
  return log;
}

void RepeatedFaults::warn(const std::string& key, const std::string& text, TimePoint now) {
  if (said_.size() >= most_keys) {
    said_.clear();
  }
  const auto [said, first] = said_.try_emplace(key, Said{now, 0});
  if (!first && now - said->second.at < repeat_interval) {
    ++said->second.swallowed;
    return;
  }
  const std::uint64_t swallowed = said->second.swallowed;
  said->second = {now, 0};
  log_->warn("{}{}", text, swallowed == 0 ? "" : " repeated=" + std::to_string(swallowed));
}

std::string log_value(const std::string& text) {
  std::string clean = printable(text, 1024);
  if (!clean.empty() && clean.find_first_of(" \"=") == std::string::npos) {
    return clean;
  }
  std::string out = "\"";
  for (const char c : clean) {
    out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  }
  return out + "\"";
}

}  // namespace noci
