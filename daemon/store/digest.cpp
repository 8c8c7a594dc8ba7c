#include "store/digest.hpp"

namespace noci {
namespace {

std::string which() {
  return " FROM outbox WHERE webhook = ?1 AND state = 0 AND event_time < ?2 AND" +
         std::string(may_wait);
}

}  // namespace

Result<Waiting> count_waiting(Database& database, const std::string& webhook,
                              TimePoint happened_before) {
  auto select = database.prepare("SELECT count(*), min(created), max(created)" + which());
  if (!select) {
    return tl::unexpected(select.error());
  }
  if (const auto row = select->text(webhook).time(happened_before).step(); !row) {
    return tl::unexpected(row.error());
  }
  return Waiting{select->integer_at(0), select->time_at(1), select->time_at(2)};
}

Result<Gathered> gather(Database& database, const std::string& webhook, TimePoint happened_before,
                        std::size_t most) {
  auto select = database.prepare(
      "SELECT id, event_id, alert_id, sequence, event_time, level, status, rule_title, summary" +
      which() + " ORDER BY id LIMIT ?3");
  if (!select) {
    return tl::unexpected(select.error());
  }
  select->text(webhook).time(happened_before).unsigned_integer(most);
  Gathered gathered;
  return for_each_row(*select,
                      [&](const Statement& row) {
                        gathered.ids.push_back(row.integer_at(0));
                        gathered.digest.entries.push_back(
                            {row.bytes_at(1), row.bytes_at(2), row.unsigned_at(3), row.time_at(4),
                             row.bytes_at(5), row.bytes_at(6), row.bytes_at(7), row.bytes_at(8)});
                      })
      .map([&] { return std::move(gathered); });
}

Result<void> add_digest(Database& database, const OutboxItem& digest,
                        const std::vector<std::int64_t>& ids, TimePoint wall_now) {
  auto transaction = Transaction::begin(database.connection());
  if (!transaction) {
    return tl::unexpected(transaction.error());
  }
  if (auto added = add_items(database, {digest}, wall_now); !added) {
    return added;
  }
  auto carry = database.prepare("UPDATE outbox SET digest = ?1 WHERE id = ?2");
  if (!carry) {
    return tl::unexpected(carry.error());
  }
  for (const std::int64_t id : ids) {
    if (auto done = carry->text(digest.event_id).integer(id).run(); !done) {
      return done;
    }
    carry->reset();
  }
  return transaction->commit();
}

}  // namespace noci
