#include "store/alert_list.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.hpp"

namespace noci {
namespace {

// By the numbers of the column `state`.
constexpr std::array<std::string_view, 3> state_names{"pending", "delivered", "dead"};

/// The filter as SQL over `outbox`: parts that are not set leave the parameter empty.
constexpr std::string_view fits =
    " webhook <> '' AND (?1 = '' OR event_id = ?1 OR alert_id = ?1) AND (?2 < 0 OR state = ?2)"
    " AND (?3 = '' OR webhook = ?3) AND (?4 = '' OR level = ?4) AND event_time >= ?5";

/// An alert that no webhook wanted has a row without one; it fits a filter that does not ask for
/// deliveries.
constexpr std::string_view fits_or_unwanted =
    " (webhook <> '' OR (?2 < 0 AND ?3 = '')) AND (?1 = '' OR event_id = ?1 OR alert_id = ?1)"
    " AND (?2 < 0 OR state = ?2) AND (?3 = '' OR webhook = ?3) AND (?4 = '' OR level = ?4)"
    " AND event_time >= ?5";

void bind(Statement& statement, const AlertFilter& filter) {
  statement.text(filter.id)
      .integer(filter.state ? static_cast<std::int64_t>(*filter.state) : -1)
      .text(filter.webhook)
      .text(filter.level)
      .time(filter.since.value_or(TimePoint::min()));
}

Result<void> read_deliveries(Statement& select, ListedAlert& alert) {
  select.reset();
  select.text(alert.event_id);
  return for_each_row(select, [&](const Statement& row) {
    alert.deliveries.push_back({row.bytes_at(0), static_cast<DeliveryState>(row.integer_at(1)),
                                row.integer_at(2), row.bytes_at(3), row.bytes_at(4), row.time_at(5),
                                row.time_at(6),
                                row.is_null(7) ? std::nullopt : std::optional(row.time_at(7))});
  });
}

/// Runs an update whose first parameters are the filter's, and counts what it changed.
Result<Changed> count_changes(Statement& update) {
  std::vector<std::string> events;
  auto done =
      for_each_row(update, [&](const Statement& row) { events.push_back(row.bytes_at(0)); });
  if (!done) {
    return tl::unexpected(done.error());
  }
  Changed changed;
  changed.deliveries = static_cast<std::int64_t>(events.size());
  std::sort(events.begin(), events.end());
  changed.events = std::unique(events.begin(), events.end()) - events.begin();
  return changed;
}

}  // namespace

std::string_view name_of(DeliveryState state) {
  return state_names.at(static_cast<std::size_t>(state));
}

std::optional<DeliveryState> delivery_state_named(std::string_view name) {
  const auto found = std::find(state_names.begin(), state_names.end(), name);
  if (found == state_names.end()) {
    return std::nullopt;
  }
  return static_cast<DeliveryState>(found - state_names.begin());
}

Result<std::vector<ListedAlert>> list_alerts(Database& database, const AlertFilter& filter,
                                             std::size_t most) {
  auto select = database.prepare(
      "SELECT event_id, alert_id, event_time, level, status, rule_title, summary, payload"
      " FROM outbox WHERE" +
      std::string(fits_or_unwanted) + " ORDER BY id DESC");
  auto deliveries = database.prepare(
      "SELECT webhook, state, attempts, why, digest, created, due, finished FROM outbox"
      " WHERE event_id = ?1 AND webhook <> '' ORDER BY webhook");
  if (!select || !deliveries) {
    return tl::unexpected(select ? deliveries.error() : select.error());
  }
  bind(*select, filter);
  std::vector<ListedAlert> alerts;
  std::set<std::string> seen;  // an event has a row for each webhook
  for (;;) {
    const auto row = select->step();
    if (!row) {
      return tl::unexpected(row.error());
    }
    if (!*row) {
      return alerts;
    }
    const std::string event_id = select->bytes_at(0);
    if (seen.contains(event_id)) {
      continue;
    }
    if (alerts.size() == most) {
      return alerts;
    }
    seen.insert(event_id);
    alerts.push_back({event_id,
                      select->bytes_at(1),
                      select->time_at(2),
                      select->bytes_at(3),
                      select->bytes_at(4),
                      select->bytes_at(5),
                      select->bytes_at(6),
                      select->bytes_at(7),
                      {}});
    if (auto read = read_deliveries(*deliveries, alerts.back()); !read) {
      return tl::unexpected(read.error());
    }
  }
}

Result<Changed> resend(Database& database, const AlertFilter& filter,
                       const std::vector<std::string>& configured, TimePoint now) {
  std::string parameters;
  for (std::size_t i = 0; i < configured.size(); ++i) {
    parameters += (i == 0 ? "?" : ", ?") + std::to_string(i + 7);
  }
  auto update = database.prepare(
      "UPDATE outbox SET due = ?6, created = iif(state = 0, created, ?6),"
      " attempts = iif(state = 0, attempts, 0), why = iif(state = 0, why, ''),"
      " digest = iif(state = 0, digest, ''), finished = NULL, state = 0 WHERE" +
      std::string(fits) + " AND webhook IN (" + parameters + ") RETURNING event_id");
  if (!update) {
    return tl::unexpected(update.error());
  }
  bind(*update, filter);
  update->time(now);
  for (const std::string& name : configured) {
    update->text(name);
  }
  return count_changes(*update);
}

Result<Changed> discard(Database& database, const AlertFilter& filter, TimePoint now) {
  auto update = database.prepare(
      "UPDATE outbox SET state = 2, finished = ?6, why = 'discarded by operator' WHERE" +
      std::string(fits) + " AND state = 0 RETURNING event_id");
  if (!update) {
    return tl::unexpected(update.error());
  }
  bind(*update, filter);
  update->time(now);
  return count_changes(*update);
}

}  // namespace noci
