#pragma once
// All accounts, found by (table, key) through a seeded hash, and numbered 0, 1, 2, … without
// gaps: a removed account's number goes to the last one. So the state is an array: a delta is the
// numbers that changed, and a walk over the array goes on after a restart where it was.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/unordered/unordered_flat_set.hpp>

#include "base/hash.hpp"
#include "detect/account.hpp"
#include "detect/dirty_slots.hpp"

namespace noci::detect {

class AccountTable {
 public:
  explicit AccountTable(const HashSeed& seed) : seed_(seed) {}

  [[nodiscard]] Account* find(std::size_t table, std::string_view key) const;
  Account& add(std::size_t table, std::string_view key);
  void remove(Account& account);
  void mark_dirty(const Account& account);
  /// Numbers that take_dirty gave and that were not written after all.
  void mark_dirty(const std::vector<std::uint32_t>& slots);
  /// Brings the memory estimate up to date after a change.
  void weigh(Account& account, std::int64_t bytes);

  [[nodiscard]] std::size_t size() const { return slots_.size(); }

  [[nodiscard]] Account& at(std::size_t slot) const { return *slots_[slot]; }

  /// What all accounts hold, with what the heap adds: sizes are rounded up, vectors grow by halves.
  /// Of a flood of accounts 1.37 times the sum of all sizes is resident (docs/reliability.md).
  [[nodiscard]] std::int64_t memory() const { return memory_ + memory_ * 3 / 8; }

  /// The next account of an endless walk over all; not when there is none.
  Account& walk();

  [[nodiscard]] std::uint64_t hand() const { return hand_; }

  void set_hand(std::uint64_t hand) { hand_ = hand; }

  /// The numbers that changed since the last call, ascending; those still in use.
  [[nodiscard]] std::vector<std::uint32_t> take_dirty();

  /// Restoring: the array is set slot by slot, then index and memory are made anew.
  void resize(std::size_t size) { slots_.resize(size); }

  void set(std::size_t slot, std::unique_ptr<Account> account);
  [[nodiscard]] bool is_complete() const;
  void rebuild();
  /// Takes all accounts out.
  [[nodiscard]] std::vector<std::unique_ptr<Account>> release();

 private:
  struct Entry {
    std::uint64_t print;
    Account* account;
  };

  struct Wanted {
    std::uint64_t print;
    std::size_t table;
    std::string_view key;
  };

  struct Hash {
    using is_transparent = void;
    // The fingerprint is SipHash already.
    using is_avalanching = void;

    std::size_t operator()(const Entry& entry) const { return entry.print; }

    std::size_t operator()(const Wanted& wanted) const { return wanted.print; }
  };

  struct Same {
    using is_transparent = void;

    bool operator()(const Entry& a, const Entry& b) const { return a.account == b.account; }

    bool operator()(const Wanted& a, const Entry& b) const {
      return a.print == b.print && a.table == b.account->table && a.key == b.account->key;
    }

    bool operator()(const Entry& a, const Wanted& b) const { return (*this)(b, a); }
  };

  [[nodiscard]] std::uint64_t print_of(std::size_t table, std::string_view key) const;

  HashSeed seed_;
  std::vector<std::unique_ptr<Account>> slots_;
  boost::unordered_flat_set<Entry, Hash, Same> index_;
  DirtySlots dirty_;
  std::int64_t memory_ = 0;
  std::uint64_t hand_ = 0;
};

}  // namespace noci::detect
