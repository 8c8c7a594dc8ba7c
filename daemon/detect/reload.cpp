#include <algorithm>
#include <tuple>
#include <utility>

#include "detect/core.hpp"

namespace noci {
namespace {

using detect::Account;
using detect::CounterSpec;
using detect::Layout;
using detect::Tally;
using detect::WindowSpan;

constexpr std::size_t gone = SIZE_MAX;

template <typename Items, typename Claim>
std::size_t index_where(const Items& items, Claim claim) {
  const auto found = std::ranges::find_if(items, claim);
  return found == items.end() ? gone : static_cast<std::size_t>(found - items.begin());
}

/// Where the parts of one layout are in another.
struct Mapping {
  Mapping(const Layout& from, const Layout& to) {
    for (const detect::TableSpec& table : from.tables) {
      const std::size_t t = index_where(to.tables, [&](const detect::TableSpec& other) {
        return other.group_by == table.group_by;
      });
      tables.push_back(t);
      auto& mapped = counters.emplace_back();
      for (const CounterSpec& counter : table.counters) {
        mapped.push_back(
            t == gone ? gone : index_where(to.tables[t].counters, [&](const CounterSpec& other) {
              return other.counts_same(counter);
            }));
      }
    }
    for (const detect::RuleInfo& rule : from.rules) {
      rules.push_back(index_where(to.rules, [&](const detect::RuleInfo& other) {
        return other.id == rule.id && other.table == tables[rule.table];
      }));
    }
  }

  std::vector<std::size_t> tables;
  std::vector<std::vector<std::size_t>> counters;
  std::vector<std::size_t> rules;
};

std::vector<WindowSpan> spans_of(const CounterSpec& counter, Duration lateness) {
  std::vector<WindowSpan> spans;
  for (const Duration timespan : counter.timespans) {
    spans.push_back(WindowSpan::of(timespan, lateness));
  }
  return spans;
}

Tally adopted(const Tally& old, std::size_t index, const CounterSpec& spec,
              const detect::PlanCounter& counter, const std::vector<WindowSpan>& from,
              TimePoint now) {
  Tally made(index, spec);
  if (old.own) {
    *made.own = *old.own;
    return made;
  }
  if (old.steps) {
    *made.steps = *old.steps;  // it knows times, whatever the windows
    return made;
  }
  if (old.distinct) {
    *made.distinct = old.distinct->rebuilt(from, counter.spans, counter.cap, now);
    return made;
  }
  made.sum = old.sum.rebuilt(from, counter.spans, now);
  return made;
}

}  // namespace

void Engine::Core::replace_rules(std::shared_ptr<const RuleSet> rules, std::vector<Alert>& out) {
  settle(out);
  plan_ = std::make_unique<detect::Plan>(std::move(rules), options_.lateness);
  adopt(out);
}

void Engine::Core::settle(std::vector<Alert>& out) {
  if (!settled_) {
    adopt(out);
  }
}

void Engine::Core::adopt(std::vector<Alert>& out) {
  const Layout& to = plan_->layout;
  const bool changed = !(layout_ == to);
  if (changed) {
    const Mapping mapping(layout_, to);
    end_removed(mapping.rules, out);
    auto accounts = accounts_.release();
    std::erase_if(accounts, [&](std::unique_ptr<Account>& account) {
      const std::size_t table = mapping.tables[account->table];
      if (table == gone) {
        return true;
      }
      const auto& counters = mapping.counters[account->table];
      std::vector<Tally> tallies;
      for (Tally& tally : account->tallies) {
        const std::size_t counter = counters[tally.counter];
        if (counter == gone) {
          continue;
        }
        const CounterSpec& before = layout_.tables[account->table].counters[tally.counter];
        const CounterSpec& after = to.tables[table].counters[counter];
        if (before.timespans == after.timespans) {
          tally.counter = counter;
          tallies.push_back(std::move(tally));
        } else {
          tallies.push_back(adopted(tally, counter, after, plan_->tables[table].counters[counter],
                                    spans_of(before, options_.lateness), now_));
        }
      }
      account->tallies = std::move(tallies);
      std::erase_if(account->watches,
                    [&](const auto& watch) { return mapping.rules[watch->rule] == gone; });
      for (auto& watch : account->watches) {
        watch->rule = mapping.rules[watch->rule];
      }
      account->table = static_cast<std::uint16_t>(table);
      return account->tallies.empty() && account->watches.empty();
    });
    accounts_.resize(accounts.size());
    for (std::size_t slot = 0; slot < accounts.size(); ++slot) {
      accounts_.set(slot, std::move(accounts[slot]));
    }
  }
  const std::size_t before = accounts_.size();
  accounts_.rebuild();
  whole_next_ = whole_next_ || changed || accounts_.size() != before;
  for (std::size_t slot = 0; slot < accounts_.size(); ++slot) {
    for (Tally& tally : accounts_.at(slot).tallies) {
      tally.slack = 0;  // the limits may be others
    }
  }
  layout_ = to;
  bind_peers();
  settled_ = true;
  rebuild_due();
}

/// Gives the plan what is known of the peers; what no rule asks for any more goes.
void Engine::Core::bind_peers() {
  std::map<std::string, detect::PeerDays> known = std::exchange(peers_, {});
  for (std::size_t t = 0; t < plan_->tables.size(); ++t) {
    for (std::size_t c = 0; c < plan_->tables[t].counters.size(); ++c) {
      const CounterSpec& spec = plan_->layout.tables[t].counters[c];
      if (spec.type == LimitType::baseline) {
        plan_->tables[t].counters[c].peers =
            &peers_.insert_or_assign(spec.fingerprint, std::move(known[spec.fingerprint]))
                 .first->second;
      }
    }
  }
}

void Engine::Core::end_removed(const std::vector<std::size_t>& rules, std::vector<Alert>& out) {
  std::vector<std::tuple<std::string, std::string, Account*, Watch*>> ended;
  for (std::size_t slot = 0; slot < accounts_.size(); ++slot) {
    Account& account = accounts_.at(slot);
    for (const auto& watch : account.watches) {
      if (rules[watch->rule] == gone && watch->episode.is_open()) {
        ended.emplace_back(layout_.rules[watch->rule].id, account.key, &account, watch.get());
      }
    }
  }
  std::ranges::sort(ended);
  for (const auto& [id, key, account, watch] : ended) {
    watch->episode.end_now(now());
    Alert& alert = out.emplace_back(make_alert(*account, *watch, AlertStatus::resolved, now()));
    alert.resolve_reason = "rule_removed";
    alert.evidence = watch->evidence.evidence({});
    alert.summary = summarise(alert, {});
  }
}

void Engine::Core::rebuild_due() {
  due_.clear();
  for (std::size_t slot = 0; slot < accounts_.size(); ++slot) {
    Account& account = accounts_.at(slot);
    for (const auto& watch : account.watches) {
      if (watch->episode.is_open()) {
        due_.insert({watch->due, watch->rule, &account});
      }
    }
  }
}

}  // namespace noci
