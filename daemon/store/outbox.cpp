#include "store/outbox.hpp"

#include <algorithm>
#include <array>

#include <sqlite3.h>

#include "store/digest.hpp"

namespace noci {
namespace {

// The numbers of the column `state`.
constexpr std::int64_t pending = 0;
constexpr std::int64_t delivered = 1;
constexpr std::int64_t dead = 2;

/// An event of the same alert that must arrive first, or a digest that carries it.
constexpr std::string_view not_held_back =
    " AND digest = '' AND NOT EXISTS (SELECT 1 FROM outbox AS earlier WHERE earlier.webhook = "
    "outbox.webhook"
    " AND earlier.alert_id = outbox.alert_id AND earlier.state = 0"
    " AND earlier.sequence < outbox.sequence)";

std::string not_put_off(std::string_view before) {
  return " AND NOT (event_time < " + std::string(before) + " AND" + std::string(may_wait) + ")";
}

std::int64_t rank_of(std::string_view level) {
  constexpr std::array<std::string_view, 5> levels{"informational", "low", "medium", "high",
                                                   "critical"};
  return std::find(levels.begin(), levels.end(), level) - levels.begin();
}

Result<GivenUp> count_by_webhook(Statement& update) {
  GivenUp counts;
  return for_each_row(update, [&](const Statement& row) { ++counts[row.bytes_at(0)]; }).map([&] {
    return std::move(counts);
  });
}

Result<void> finish(Database& database, std::int64_t id, std::int64_t state, TimePoint now,
                    std::string_view why) {
  auto update =
      database.prepare("UPDATE outbox SET state = ?1, finished = ?2, why = ?3 WHERE id = ?4");
  if (!update) {
    return tl::unexpected(update.error());
  }
  return update->integer(state).time(now).text(why).integer(id).run();
}

}  // namespace

Result<void> add_items(Database& database, const std::vector<OutboxItem>& items,
                       TimePoint wall_now) {
  auto insert = database.prepare(
      "INSERT INTO outbox (webhook, event_id, alert_id, sequence, payload, event_time, level,"
      " status, rule_title, summary, created, due, state, finished, bytes, rank, urgent)"
      " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?11, ?12, iif(?12 = 0, NULL, ?11),"
      " ?13, ?14, ?15)"
      " ON CONFLICT (webhook, event_id) DO NOTHING");
  if (!insert) {
    return tl::unexpected(insert.error());
  }
  for (const OutboxItem& item : items) {
    insert->text(item.webhook)
        .text(item.event_id)
        .text(item.alert_id)
        .unsigned_integer(item.sequence)
        .text(item.payload)
        .time(item.event_time)
        .text(item.level)
        .text(item.status)
        .text(item.rule_title)
        .text(item.summary)
        .time(wall_now)
        .integer(item.webhook.empty() ? delivered : pending)
        .unsigned_integer(item.payload.size())
        .integer(rank_of(item.level))
        .integer(item.urgent ? 1 : 0);
    if (auto done = insert->run(); !done) {
      return done;
    }
    insert->reset();
  }
  return {};
}

bool has_item(Database& database, std::string_view webhook, std::string_view event_id) {
  auto select = database.prepare("SELECT 1 FROM outbox WHERE webhook = ?1 AND event_id = ?2");
  return select && select->text(webhook).text(event_id).step().value_or(false);
}

Result<std::optional<Delivery>> next_due(Database& database, const std::string& webhook,
                                         TimePoint now, std::optional<TimePoint> put_off) {
  auto select = database.prepare(
      "SELECT id, webhook, event_id, payload, attempts, created, status FROM outbox"
      " WHERE webhook = ?1 AND state = 0 AND (due <= ?2 OR due > ?3)" +
      std::string(not_held_back) + not_put_off("?4") + " ORDER BY due, id LIMIT 1");
  if (!select) {
    return tl::unexpected(select.error());
  }
  const auto row = select->text(webhook)
                       .time(now)
                       .time(now + longest_delay)
                       .time(put_off.value_or(TimePoint::min()))
                       .step();
  if (!row) {
    return tl::unexpected(row.error());
  }
  if (!*row) {
    return std::nullopt;
  }
  return Delivery{select->integer_at(0),
                  select->bytes_at(1),
                  select->bytes_at(2),
                  select->bytes_at(3),
                  static_cast<int>(select->integer_at(4)),
                  select->time_at(5),
                  select->bytes_at(6) == "digest"};
}

Result<std::optional<TimePoint>> next_time(Database& database, const std::string& webhook,
                                           std::optional<TimePoint> put_off) {
  auto select = database.prepare("SELECT min(due) FROM outbox WHERE webhook = ?1 AND state = 0" +
                                 std::string(not_held_back) + not_put_off("?2"));
  if (!select) {
    return tl::unexpected(select.error());
  }
  select->text(webhook).time(put_off.value_or(TimePoint::min()));
  if (const auto row = select->step(); !row) {
    return tl::unexpected(row.error());
  }
  return select->is_null(0) ? std::nullopt : std::optional(select->time_at(0));
}

Result<void> mark_delivered(Database& database, std::int64_t id, TimePoint now) {
  return finish(database, id, delivered, now, "");
}

Result<void> mark_failed(Database& database, std::int64_t id, TimePoint retry_at,
                         std::string_view why) {
  auto update = database.prepare(
      "UPDATE outbox SET attempts = attempts + 1, due = ?1, why = ?2 WHERE id = ?3 AND state = 0");
  if (!update) {
    return tl::unexpected(update.error());
  }
  return update->time(retry_at).text(why).integer(id).run();
}

Result<void> mark_dead(Database& database, std::int64_t id, TimePoint now, std::string_view why) {
  return finish(database, id, dead, now, why);
}

Result<void> retire_webhooks(Database& database, const std::vector<std::string>& configured,
                             TimePoint now) {
  std::string parameters;
  for (std::size_t i = 0; i < configured.size(); ++i) {
    parameters += i == 0 ? "?" : ", ?";
  }
  auto update = database.prepare(
      "UPDATE outbox SET state = 2, finished = ?, why = 'the webhook is not configured any more'"
      " WHERE state = 0 AND webhook NOT IN (" +
      parameters + ")");
  if (!update) {
    return tl::unexpected(update.error());
  }
  update->time(now);
  for (const std::string& name : configured) {
    update->text(name);
  }
  return update->run();
}

Result<GivenUp> give_up_old(Database& database, const std::string& webhook,
                            TimePoint created_before, std::string_view why, TimePoint now) {
  auto update = database.prepare(
      "UPDATE outbox SET state = 2, finished = ?3, why = ?4"
      " WHERE webhook = ?1 AND state = 0 AND created < ?2 RETURNING webhook");
  if (!update) {
    return tl::unexpected(update.error());
  }
  update->text(webhook).time(created_before).time(now).text(why);
  return count_by_webhook(*update);
}

Result<GivenUp> give_up_excess(Database& database, const OutboxLimits& limits, std::string_view why,
                               TimePoint now) {
  auto weigh = database.prepare("SELECT count(*), total(bytes) FROM outbox WHERE state = 0");
  if (!weigh) {
    return tl::unexpected(weigh.error());
  }
  if (const auto row = weigh->step(); !row) {
    return tl::unexpected(row.error());
  }
  std::int64_t rows = weigh->integer_at(0);
  std::int64_t bytes = weigh->integer_at(1);
  if (rows <= limits.rows && bytes <= limits.bytes) {
    return GivenUp{};
  }
  auto select =
      database.prepare("SELECT rank, id, bytes FROM outbox WHERE state = 0 ORDER BY rank, id");
  if (!select) {
    return tl::unexpected(select.error());
  }
  std::int64_t rank = -1;
  std::int64_t id = -1;
  while (rows > limits.rows || bytes > limits.bytes) {
    if (const auto row = select->step(); !row || !*row) {
      return row ? Result<GivenUp>{} : tl::unexpected(row.error());
    }
    rank = select->integer_at(0);
    id = select->integer_at(1);
    --rows;
    bytes -= select->integer_at(2);
  }
  select->reset();
  auto update = database.prepare(
      "UPDATE outbox SET state = 2, finished = ?3, why = ?4"
      " WHERE state = 0 AND (rank < ?1 OR (rank = ?1 AND id <= ?2)) RETURNING webhook");
  if (!update) {
    return tl::unexpected(update.error());
  }
  update->integer(rank).integer(id).time(now).text(why);
  return count_by_webhook(*update);
}

Result<std::vector<OutboxCounts>> count_outbox(Database& database) {
  auto select = database.prepare(
      "SELECT webhook, total(state = 0), total(state = 2), min(iif(state = 0, created, NULL)),"
      " total(iif(state = 0, bytes, 0))"
      " FROM outbox WHERE webhook <> '' GROUP BY webhook ORDER BY webhook");
  if (!select) {
    return tl::unexpected(select.error());
  }
  std::vector<OutboxCounts> counts;
  return for_each_row(
             *select,
             [&](const Statement& row) {
               counts.push_back({row.bytes_at(0), row.integer_at(1), row.integer_at(2),
                                 row.is_null(3) ? std::nullopt : std::optional(row.time_at(3)),
                                 row.integer_at(4)});
             })
      .map([&] { return std::move(counts); });
}

Result<void> prune(Database& database, TimePoint now, const Retention& keep) {
  auto select = database.prepare("SELECT id, bytes FROM outbox WHERE state <> 0 ORDER BY id DESC");
  if (!select) {
    return tl::unexpected(select.error());
  }
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::int64_t newest_to_go = -1;
  for (auto row = select->step(); newest_to_go < 0; row = select->step()) {
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      break;
    }
    bytes += select->integer_at(1);
    if (++rows > keep.rows || bytes > keep.bytes) {
      newest_to_go = select->integer_at(0);
    }
  }
  select->reset();
  auto remove =
      database.prepare("DELETE FROM outbox WHERE state <> 0 AND (finished < ?1 OR id <= ?2)");
  if (!remove) {
    return tl::unexpected(remove.error());
  }
  return remove->time(now - keep.age).integer(newest_to_go).run();
}

}  // namespace noci
