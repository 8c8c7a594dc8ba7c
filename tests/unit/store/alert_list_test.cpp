#include "store/alert_list.hpp"

#include <sqlite3.h>

#include "store/schema.hpp"
#include "support/scratch_dir.hpp"
#include "support/store_builder.hpp"

using namespace noci;
using namespace noci::testing;
using namespace std::chrono_literals;

namespace {

AlertFilter by_id(const std::string& id) {
  AlertFilter filter;
  filter.id = id;
  return filter;
}

AlertFilter by_state(DeliveryState state) {
  AlertFilter filter;
  filter.state = state;
  return filter;
}

std::string ids(Database& database, const AlertFilter& filter, std::size_t most = 100) {
  const auto alerts = list_alerts(database, filter, most);
  INFO((alerts ? "" : alerts.error().what));
  REQUIRE(alerts);
  std::string text;
  for (const ListedAlert& alert : *alerts) {
    text += (text.empty() ? "" : " ") + alert.event_id;
  }
  return text;
}

/// Of the only event with this id, at this webhook.
AlertDelivery delivery(Database& database, const std::string& id,
                       const std::string& webhook = "soc") {
  const auto alerts = list_alerts(database, by_id(id), 2);
  REQUIRE(alerts->size() == 1);
  for (const AlertDelivery& each : alerts->at(0).deliveries) {
    if (each.webhook == webhook) {
      return each;
    }
  }
  FAIL("no delivery of " + id + " to " + webhook);
  return {};
}

void settle(Database& database, const std::string& webhook, TimePoint now, bool taken) {
  const auto due = next_due(database, webhook, now);
  REQUIRE(due.value());
  REQUIRE((taken ? mark_delivered(database, (*due)->id, now)
                 : mark_dead(database, (*due)->id, now, "HTTP 404")));
}

}  // namespace

TEST_CASE("alerts are listed once each, newest first, with the fate of every delivery") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1), item("a", 1, "chat"), item("a", 1, "page")}));
  REQUIRE(commit_items(database, {item("b", 1, "")}));
  settle(database, "soc", wall(1), true);
  settle(database, "chat", wall(2), false);
  const auto alerts = list_alerts(database, {}, 10);
  REQUIRE(alerts->size() == 2);
  REQUIRE(alerts->at(0).event_id == "b-1");
  REQUIRE(alerts->at(0).deliveries.empty());
  const ListedAlert& told = alerts->at(1);
  REQUIRE(told.event_id == "a-1");
  REQUIRE(told.alert_id == "a");
  REQUIRE(told.event_time == wall(-60));
  REQUIRE(told.level == "high");
  REQUIRE(told.status == "firing");
  REQUIRE(told.rule_title == "Bulk extraction");
  REQUIRE(told.summary == "too much");
  REQUIRE(told.payload == item("a", 1).payload);
  REQUIRE(told.deliveries.size() == 3);
  REQUIRE(told.deliveries.at(0).webhook == "chat");
  REQUIRE(told.deliveries.at(0).state == DeliveryState::dead);
  REQUIRE(told.deliveries.at(0).why == "HTTP 404");
  REQUIRE(told.deliveries.at(0).finished == wall(2));
  REQUIRE(told.deliveries.at(1).webhook == "page");
  REQUIRE(told.deliveries.at(1).state == DeliveryState::pending);
  REQUIRE_FALSE(told.deliveries.at(1).finished);
  REQUIRE(told.deliveries.at(2).state == DeliveryState::delivered);
  REQUIRE(ids(database, {}, 1) == "b-1");
}

TEST_CASE("a list is narrowed by state, webhook, level, time and id") {
  Database database = open_database(":memory:");
  OutboxItem later = item("b", 1);
  later.event_time = wall(100);
  later.level = "low";
  REQUIRE(commit_items(
      database, {item("a", 1), item("a", 1, "chat"), item("a", 2), later, item("c", 1, "")}));
  settle(database, "soc", wall(1), true);
  REQUIRE(ids(database, {}) == "c-1 b-1 a-2 a-1");
  REQUIRE(ids(database, by_state(DeliveryState::pending)) == "b-1 a-2 a-1");
  REQUIRE(ids(database, by_state(DeliveryState::delivered)) == "a-1");
  REQUIRE(ids(database, by_state(DeliveryState::dead)).empty());
  AlertFilter chat = by_state(DeliveryState::pending);
  chat.webhook = "chat";
  REQUIRE(ids(database, chat) == "a-1");
  chat.state = DeliveryState::delivered;
  REQUIRE(ids(database, chat).empty());
  AlertFilter low;
  low.level = "low";
  REQUIRE(ids(database, low) == "b-1");
  AlertFilter recent;
  recent.since = wall(100);
  REQUIRE(ids(database, recent) == "b-1");
  REQUIRE(ids(database, by_id("a-2")) == "a-2");
  REQUIRE(ids(database, by_id("a")) == "a-2 a-1");
  REQUIRE(ids(database, by_id("' OR 1")).empty());
}

TEST_CASE("what is resent is as new, under the id it had") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1), item("a", 1, "chat"), item("b", 1)}));
  settle(database, "soc", wall(1), false);
  settle(database, "chat", wall(1), true);
  const auto changed = resend(database, by_id("a-1"), {"soc", "chat"}, wall(50));
  REQUIRE(changed->deliveries == 2);
  REQUIRE(changed->events == 1);
  for (const char* webhook : {"soc", "chat"}) {
    const AlertDelivery again = delivery(database, "a-1", webhook);
    REQUIRE(again.state == DeliveryState::pending);
    REQUIRE(again.attempts == 0);
    REQUIRE(again.why.empty());
    REQUIRE(again.created == wall(50));  // its patience begins anew
    REQUIRE_FALSE(again.finished);
  }
  REQUIRE(next_due(database, "chat", wall(50)).value()->event_id == "a-1");
}

TEST_CASE("resending a pending one makes it due at once and keeps its age") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1)}));
  const std::int64_t id = next_due(database, "soc", wall(0)).value()->id;
  REQUIRE(mark_failed(database, id, wall(300), "HTTP 503"));
  REQUIRE_FALSE(next_due(database, "soc", wall(10)).value());
  REQUIRE(resend(database, by_id("a-1"), {"soc"}, wall(10))->deliveries == 1);
  REQUIRE(next_due(database, "soc", wall(10)).value());
  REQUIRE(delivery(database, "a-1").created == wall(0));
  REQUIRE(delivery(database, "a-1").attempts == 1);
}

TEST_CASE("nothing is resent to a webhook that is not configured") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1), item("a", 1, "gone"), item("b", 1, "")}));
  settle(database, "gone", wall(1), false);
  settle(database, "soc", wall(1), false);
  REQUIRE(resend(database, by_state(DeliveryState::dead), {"soc"}, wall(2))->deliveries == 1);
  REQUIRE(delivery(database, "a-1", "gone").state == DeliveryState::dead);
  REQUIRE(resend(database, by_id("b-1"), {"soc", ""}, wall(2))->deliveries == 0);
  REQUIRE(resend(database, by_id("a-1"), {}, wall(2))->deliveries == 0);
}

TEST_CASE("what is discarded is dead, says so, and holds nothing back") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1), item("a", 2), item("a", 1, "chat"), item("b", 1)}));
  AlertFilter filter = by_id("a-1");
  filter.webhook = "soc";
  REQUIRE(discard(database, filter, wall(3))->deliveries == 1);
  REQUIRE(delivery(database, "a-1").state == DeliveryState::dead);
  REQUIRE(delivery(database, "a-1").why == "discarded by operator");
  REQUIRE(delivery(database, "a-1", "chat").state == DeliveryState::pending);
  REQUIRE(next_due(database, "soc", wall(3)).value()->event_id == "a-2");
  REQUIRE(discard(database, by_id("a-1"), wall(4))->deliveries == 1);  // chat's; soc's is dead
  REQUIRE(discard(database, by_state(DeliveryState::pending), wall(5))->deliveries == 2);
  REQUIRE(discard(database, by_state(DeliveryState::pending), wall(6))->deliveries == 0);
  REQUIRE(resend(database, by_state(DeliveryState::dead), {"soc", "chat"}, wall(7))->events == 3);
}

TEST_CASE("the file of the release before opens, and what waited in it is known as new") {
  const ScratchDir dir;
  const std::string path = dir.file("noci.db");
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
  const std::string old =
      std::string(migrations[0]) +
      "INSERT INTO outbox (webhook, event_id, alert_id, sequence, payload, event_time, level,"
      " status, rule_title, summary, created, state, due) VALUES"
      " ('soc', 'a-1', 'a', 1, '{\"type\":\"alert.firing\"}', 1000, 'critical', 'firing', 'R',"
      "  'é', 2000, 0, 2000),"
      " ('soc', 's-1', 's', 1, '{\"type\":\"system.blind\"}', 1000, 'high', 'firing', 'R', '', "
      "2000,"
      "  0, 2000),"
      " ('soc', 'b-1', 'b', 1, '\"é\"', 1000, 'low', 'firing', 'R', '', 2000, 2, 2000);"
      "PRAGMA user_version=1; PRAGMA application_id=" +
      std::to_string(application_id);
  REQUIRE(sqlite3_exec(raw, old.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_close(raw) == SQLITE_OK);

  Database database = open_database(path);
  REQUIRE(ids(database, {}) == "b-1 s-1 a-1");
  REQUIRE(delivery(database, "b-1").state == DeliveryState::dead);
  REQUIRE(delivery(database, "b-1").digest.empty());
  std::string columns;
  auto select = database.prepare("SELECT bytes, rank, urgent FROM outbox ORDER BY event_id");
  REQUIRE(for_each_row(*select, [&](const Statement& row) {
    columns += std::to_string(row.integer_at(0)) + "/" + std::to_string(row.integer_at(1)) + "/" +
               std::to_string(row.integer_at(2)) + " ";
  }));
  REQUIRE(columns == "23/4/1 4/1/0 23/3/1 ");
}
