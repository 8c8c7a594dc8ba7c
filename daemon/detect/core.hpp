#pragma once
// The engine behind its interface. apply.cpp sorts events and judges, tally.cpp counts and learns,
// reload.cpp carries the state from one set of rules to the next, persist.cpp writes and reads it.
// Only these four include this.

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "detect/account_table.hpp"
#include "detect/checkpoint.hpp"
#include "detect/engine.hpp"
#include "detect/plan.hpp"
#include "detect/standing.hpp"

namespace noci {

class Engine::Core {
 public:
  Core(EngineOptions options, std::shared_ptr<const RuleSet> rules);

  void apply(const Event& event, std::vector<Alert>& out);
  void advance(TimePoint watermark, std::vector<Alert>& out);
  void replace_rules(std::shared_ptr<const RuleSet> rules, std::vector<Alert>& out);
  [[nodiscard]] SavedState take_state();
  void state_settled(bool kept);
  [[nodiscard]] Result<void> restore(std::uint64_t number, std::string_view blob);
  [[nodiscard]] Result<void> finish_restore();
  [[nodiscard]] const EngineStats& stats();
  [[nodiscard]] std::vector<KeyStatus> why(std::string_view key_value);

  [[nodiscard]] TimePoint now() const { return std::max(now_, closed_until_); }

 private:
  using Account = detect::Account;
  using Watch = detect::Watch;

  /// An open episode's next reading; in order of time, then rule, then key.
  struct Due {
    TimePoint at;
    std::size_t rule;
    Account* account;
    bool operator<(const Due& other) const;
  };

  /// What one event adds to one counter.
  struct Touch {
    std::size_t table;
    std::size_t counter;
    std::int64_t amount;
    std::uint64_t print;
    std::uint8_t step;
  };

  // apply.cpp
  void collect_touches(const Event& event);
  [[nodiscard]] std::optional<std::uint64_t> print_of(const Event& event, Field field);
  void count(const Event& event, std::size_t first, std::size_t last, std::vector<Alert>& out);
  // tally.cpp
  void tally_up(Account& account, const Touch& touch, TimePoint at);
  void learn(Account& account, std::size_t index, TimePoint at, std::int64_t amount,
             std::int64_t at_least);
  void freeze(std::size_t rule, const Account& account, TimePoint at);
  void want_review(Account& account, const detect::PlanCounter& counter, bool near);
  detect::Tally& tally_of(Account& account, std::size_t counter);

  // apply.cpp
  void observe(const Event& event, std::size_t first, std::size_t last, const Account& account);
  void review_event(std::size_t rule, Account& account, const Event& event,
                    std::vector<Alert>& out);
  void read_episode(std::size_t rule, Account& account, Watch& watch,
                    const detect::Exception& exception, bool by_event, TimePoint at,
                    std::vector<Alert>& out);
  void run_due(TimePoint until, std::vector<Alert>& out);
  void drop_watch(Account& account, std::size_t rule);
  void sweep();
  void keep_budget();
  [[nodiscard]] bool may_evict(const Account& account) const;
  [[nodiscard]] Alert make_alert(const Account& account, const Watch& watch, AlertStatus status,
                                 TimePoint at) const;
  [[nodiscard]] std::uint64_t begin_episode(std::size_t rule, const Account& account);

  // reload.cpp
  void bind_peers();
  void settle(std::vector<Alert>& out);
  void adopt(std::vector<Alert>& out);
  void end_removed(const std::vector<std::size_t>& rules, std::vector<Alert>& out);
  void rebuild_due();

  // persist.cpp
  [[nodiscard]] std::size_t segments() const;
  [[nodiscard]] std::string write_head(detect::Taken& taken);
  [[nodiscard]] std::string write_segment(std::size_t segment) const;
  void write_begun(ByteWriter& out, const std::vector<std::uint64_t>& prints) const;
  [[nodiscard]] Result<void> read_blob(std::uint64_t number, std::string_view blob);
  [[nodiscard]] Result<void> read_head(ByteReader& in, std::uint64_t number, bool whole);
  [[nodiscard]] Result<void> read_segment(ByteReader& in);
  [[nodiscard]] Result<void> read_account(ByteReader& in, std::uint64_t slot);
  void read_begun(ByteReader& in);
  void forget();

  EngineOptions options_;
  std::unique_ptr<detect::Plan> plan_;
  /// What the accounts' indexes mean: the plan's, except between restore() and the next event.
  detect::Layout layout_;
  detect::AccountTable accounts_;
  std::set<Due> due_;
  /// How many episodes each (rule, key) has begun: an alert id must never come twice, also when
  /// the key was forgotten in between. By fingerprint; grows with alerts, not with keys.
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> begun_;
  std::map<std::string, detect::PeerDays> peers_;  ///< of baselines, by the counter's fingerprint
  std::vector<std::uint64_t> begun_dirty_;
  TimePoint now_;  ///< newest event; limits are judged at it
  TimePoint closed_until_;
  bool settled_ = true;     ///< false after restore: indexes are not made, the layout may differ
  bool whole_next_ = true;  ///< a delta would not be understood
  detect::Checkpoint checkpoint_;
  EngineStats stats_;

  // Of the event at hand; kept for their memory.
  std::vector<Touch> touches_;
  std::vector<bool> matches_;  ///< of the selects that its shape leaves open
  std::array<std::uint64_t, field_count> prints_{};
  detect::FieldSet prints_known_ = 0;
  std::vector<std::size_t> reviews_;
  std::string key_;
};

}  // namespace noci
