#include "app/tune_thefts.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "app/inputs.hpp"

namespace noci {
namespace {

/// Enough to find ordinary ones among.
constexpr std::size_t most_accounts = 100'000;

/// One set of rules, and what it finds.
class Guard {
 public:
  Guard(std::unique_ptr<Pipeline> pipeline, const std::vector<TheftLog>& thefts, TimePoint begin)
      : pipeline_(std::move(pipeline)), thefts_(thefts), begin_(begin) {
    for (const TheftLog& theft : thefts) {
      TheftFound& one = found_.emplace_back();
      one.name = theft.shape().name;
      one.account = theft.victim().account;
      one.takes = theft.shape().takes;
      one.total = theft.total();
    }
  }

  void feed(const Chunk& chunk) {
    pipeline_->feed(chunk, alerts_);
    for (const Alert& alert : alerts_) {
      notice(alert);
    }
    alerts_.clear();
  }

  [[nodiscard]] bool has_found(std::size_t theft) const { return found_[theft].after.has_value(); }

  [[nodiscard]] std::vector<TheftFound> found() && { return std::move(found_); }

 private:
  void notice(const Alert& alert) {
    const bool is_loud =
        (alert.status == AlertStatus::firing || alert.status == AlertStatus::escalated) &&
        alert.level >= Level::medium && !alert.simulated && alert.timestamp >= begin_;
    for (std::size_t i = 0; is_loud && i < thefts_.size(); ++i) {
      TheftFound& one = found_[i];
      if (!one.after && thefts_[i].is_named_by(alert)) {
        one.after = alert.timestamp - begin_;
        one.rule_title = alert.rule_title;
        one.taken = thefts_[i].taken_by(alert.timestamp);
      }
    }
  }

  std::unique_ptr<Pipeline> pipeline_;
  const std::vector<TheftLog>& thefts_;
  TimePoint begin_;
  std::vector<TheftFound> found_;
  std::vector<Alert> alerts_;
};

}  // namespace

void Population::see(const Event& event) {
  if (event.kind != Kind::request) {
    return;
  }
  first_ = std::min(first_.value_or(event.timestamp), event.timestamp);
  last_ = std::max(last_.value_or(event.timestamp), event.timestamp);
  if (event.user_id.empty() || event.source_ip.empty()) {
    return;
  }
  key_.assign(event.homeserver).append(1, '\0').append(event.user_id);
  auto found = accounts_.find(key_);
  if (found == accounts_.end()) {
    if (accounts_.size() == most_accounts) {
      return;
    }
    const Victim fresh{std::string(event.homeserver), std::string(event.user_id), "", ""};
    found = accounts_.emplace(key_, Known{fresh, 0}).first;
  }
  Known& known = found->second;
  ++known.requests;
  known.victim.address = event.source_ip;
  known.victim.agent = event.user_agent;
}

std::vector<Victim> Population::ordinary(std::size_t count) const {
  std::vector<const Known*> ranked;
  for (const auto& [name, known] : accounts_) {
    ranked.push_back(&known);
  }
  std::ranges::sort(ranked, [](const Known* a, const Known* b) {
    return a->requests != b->requests ? a->requests < b->requests
                                      : a->victim.account < b->victim.account;
  });
  const std::size_t first =
      ranked.size() > count ? std::min(ranked.size() / 2, ranked.size() - count) : 0;
  std::vector<Victim> victims;
  for (std::size_t i = 0; i < count; ++i) {
    if (first + i < ranked.size()) {
      victims.push_back(ranked[first + i]->victim);
    } else {
      victims.push_back({"", fmt::format("@nobody-{}:theft.invalid", i + 1), "", ""});
    }
  }
  return victims;
}

TimePoint Population::morning(const Zone& zone) const {
  using std::chrono::hours;
  if (!first_) {
    return {};
  }
  const TimePoint middle = std::chrono::ceil<hours>(*first_ + (*last_ - *first_) / 2);
  for (TimePoint hour = middle; hour <= *last_; hour += hours{1}) {
    const LocalTime local = zone.to_local(hour);
    const auto day = std::chrono::floor<std::chrono::days>(local);
    const bool is_weekend = std::chrono::weekday(day).iso_encoding() > 5;
    if (!is_weekend && local - day >= hours{10} && local - day < hours{11}) {
      return hour;
    }
  }
  return middle;
}

std::vector<std::vector<TheftFound>> lay_thefts_over(
    const InputLogs& inputs, const Population& population, TimePoint begin,
    const std::vector<std::shared_ptr<const RuleSet>>& rules, const MakePipeline& make,
    ExitCode& code) {
  const auto shapes = theft_shapes();
  const std::vector<Victim> victims = population.ordinary(shapes.size());
  std::vector<TheftLog> thefts;
  InputLogs all = inputs;
  std::vector<MadeLog> made;
  std::vector<Guard> guards;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    thefts.emplace_back(shapes[i], victims[i], begin, static_cast<int>(i) + 1);
  }
  for (std::size_t i = 0; i < thefts.size(); ++i) {
    TheftLog& theft = thefts[i];
    const auto source = static_cast<SourceIndex>(all.sources.size());
    SourceInfo& info = all.sources.emplace_back();
    info.name = theft.name();
    info.homeserver = theft.victim().homeserver;
    info.format = LineFormat::json;
    // Who is found by everybody steals no more.
    made.push_back({theft.name(), [&, i, source]() -> std::optional<Chunk> {
                      const auto is_found = [i](const Guard& guard) { return guard.has_found(i); };
                      return std::ranges::all_of(guards, is_found) ? std::nullopt
                                                                   : thefts[i].next(source);
                    }});
  }
  for (const auto& set : rules) {
    guards.emplace_back(make(all.sources, set), thefts, begin);
  }
  code = read_all(
      all, "tune",
      [&](const Chunk& chunk) {
        for (Guard& guard : guards) {
          guard.feed(chunk);
        }
      },
      made);
  std::vector<std::vector<TheftFound>> found;
  found.reserve(guards.size());
  for (Guard& guard : guards) {
    found.push_back(std::move(guard).found());
  }
  return found;
}

}  // namespace noci
