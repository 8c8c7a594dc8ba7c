#include "detect/account_table.hpp"

#include <algorithm>

namespace noci::detect {

Account* AccountTable::find(std::size_t table, std::string_view key) const {
  const auto found = index_.find(Wanted{print_of(table, key), table, key});
  return found == index_.end() ? nullptr : found->account;
}

Account& AccountTable::add(std::size_t table, std::string_view key) {
  auto account = std::make_unique<Account>();
  account->slot = static_cast<std::uint32_t>(slots_.size());
  account->table = static_cast<std::uint16_t>(table);
  account->print = print_of(table, key);
  account->key = key;
  account->bytes = account->estimated_bytes();
  memory_ += account->bytes;
  index_.insert(Entry{account->print, account.get()});
  return *slots_.emplace_back(std::move(account));
}

void AccountTable::remove(Account& account) {
  const std::uint32_t slot = account.slot;
  memory_ -= account.bytes;
  index_.erase(index_.find(Entry{account.print, &account}));
  if (slot + 1 < slots_.size()) {
    slots_.back()->slot = slot;
    std::swap(slots_[slot], slots_.back());
    // What is written under this number is another account now.
    dirty_.mark(slot);
  }
  slots_.pop_back();
}

void AccountTable::mark_dirty(const Account& account) {
  dirty_.mark(account.slot);
}

void AccountTable::mark_dirty(const std::vector<std::uint32_t>& slots) {
  for (const std::uint32_t slot : slots) {
    dirty_.mark(slot);
  }
}

void AccountTable::weigh(Account& account, std::int64_t bytes) {
  memory_ += bytes - account.bytes;
  account.bytes = bytes;
}

Account& AccountTable::walk() {
  hand_ = hand_ + 1 < slots_.size() ? hand_ + 1 : 0;
  return *slots_[hand_];
}

std::vector<std::uint32_t> AccountTable::take_dirty() {
  return dirty_.take(slots_.size());
}

void AccountTable::set(std::size_t slot, std::unique_ptr<Account> account) {
  slots_[slot] = std::move(account);
}

bool AccountTable::is_complete() const {
  return std::ranges::all_of(slots_, [](const auto& account) { return account != nullptr; });
}

void AccountTable::rebuild() {
  index_.clear();
  index_.reserve(slots_.size());
  dirty_.clear();
  memory_ = 0;
  for (std::size_t slot = 0; slot < slots_.size();) {
    Account& account = *slots_[slot];
    account.slot = static_cast<std::uint32_t>(slot);
    if (find(account.table, account.key) != nullptr) {
      // Only a damaged state has a key twice.
      std::swap(slots_[slot], slots_.back());
      slots_.pop_back();
      continue;
    }
    account.print = print_of(account.table, account.key);
    account.bytes = account.estimated_bytes();
    memory_ += account.bytes;
    index_.insert(Entry{account.print, &account});
    ++slot;
  }
}

std::vector<std::unique_ptr<Account>> AccountTable::release() {
  index_.clear();
  dirty_.clear();
  memory_ = 0;
  std::vector<std::unique_ptr<Account>> all;
  all.swap(slots_);
  return all;
}

std::uint64_t AccountTable::print_of(std::size_t table, std::string_view key) const {
  // The table goes into the seed: no copy of the key is needed.
  HashSeed seed = seed_;
  seed[0] = static_cast<unsigned char>(seed[0] ^ (table & 0xff));
  seed[1] = static_cast<unsigned char>(seed[1] ^ (table >> 8));
  return siphash(key, seed);
}

}  // namespace noci::detect
