#include "store/outbox.hpp"

#include "support/store_builder.hpp"

using namespace noci;
using namespace noci::testing;
using namespace std::chrono_literals;

namespace {

std::string next(Database& database, TimePoint now, const std::string& webhook = "soc") {
  const auto due = next_due(database, webhook, now);
  REQUIRE(due);
  return *due ? (*due)->event_id : "nothing";
}

std::int64_t id_of(Database& database, TimePoint now, const std::string& webhook = "soc") {
  const auto due = next_due(database, webhook, now);
  REQUIRE(due);
  REQUIRE(*due);
  return (*due)->id;
}

OutboxCounts counts_of(Database& database, const std::string& webhook) {
  const auto all = count_outbox(database);
  REQUIRE(all);
  for (const OutboxCounts& counts : *all) {
    if (counts.webhook == webhook) {
      return counts;
    }
  }
  return {};
}

}  // namespace

TEST_CASE("a delivery is handed out with all that a request needs") {
  Database database = open_database(":memory:");
  REQUIRE(next(database, wall(0)) == "nothing");
  REQUIRE(commit_items(database, {item("a", 1)}, wall(5)));
  REQUIRE(next(database, wall(4)) == "nothing");
  const auto due = next_due(database, "soc", wall(5));
  REQUIRE((*due)->webhook == "soc");
  REQUIRE((*due)->event_id == "a-1");
  REQUIRE((*due)->payload == "{\"event\":\"a-1\"}");
  REQUIRE((*due)->attempts == 0);
  REQUIRE((*due)->created == wall(5));
  REQUIRE(next(database, wall(5), "other") == "nothing");
}

TEST_CASE("an alert that is raised again is not doubled, not even after it was sent") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1), item("a", 1), item("a", 1, "chat")}));
  REQUIRE(counts_of(database, "soc").pending == 1);
  REQUIRE(counts_of(database, "chat").pending == 1);
  REQUIRE(mark_delivered(database, id_of(database, wall(0)), wall(1)));
  REQUIRE(commit_items(database, {item("a", 1)}, wall(9)));
  REQUIRE(next(database, wall(9)) == "nothing");
  REQUIRE(next(database, wall(9), "chat") == "a-1");
}

TEST_CASE("events of one alert leave in their order, other alerts do not wait for them") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 2), item("a", 1), item("a", 3), item("b", 1)}));
  REQUIRE(next(database, wall(0)) == "a-1");
  REQUIRE(mark_failed(database, id_of(database, wall(0)), wall(60), "HTTP 503"));
  REQUIRE(next(database, wall(1)) == "b-1");
  REQUIRE(mark_delivered(database, id_of(database, wall(1)), wall(1)));
  REQUIRE(next(database, wall(1)) == "nothing");
  REQUIRE(next_time(database, "soc").value() == wall(60));
  REQUIRE(next(database, wall(60)) == "a-1");
  REQUIRE(next_due(database, "soc", wall(60)).value()->attempts == 1);
  REQUIRE(mark_dead(database, id_of(database, wall(60)), wall(60), "HTTP 400"));
  REQUIRE(next(database, wall(60)) == "a-2");
  REQUIRE(mark_delivered(database, id_of(database, wall(60)), wall(61)));
  REQUIRE(next(database, wall(61)) == "a-3");
}

TEST_CASE("the same alert to another webhook does not hold it back") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1, "slow"), item("a", 2, "soc")}));
  REQUIRE(next(database, wall(0), "soc") == "a-2");
}

TEST_CASE("next_time is when there will be something, and nothing when all is done") {
  Database database = open_database(":memory:");
  REQUIRE_FALSE(next_time(database, "soc").value());
  REQUIRE(commit_items(database, {item("a", 1), item("a", 2)}, wall(3)));
  REQUIRE(next_time(database, "soc").value() == wall(3));
  REQUIRE(mark_failed(database, id_of(database, wall(3)), wall(30), "x"));
  REQUIRE(next_time(database, "soc").value() == wall(30));
  REQUIRE(mark_delivered(database, id_of(database, wall(30)), wall(30)));
  REQUIRE(mark_delivered(database, id_of(database, wall(30)), wall(30)));
  REQUIRE_FALSE(next_time(database, "soc").value());
}

TEST_CASE("a clock that was far ahead does not put an alert off for years") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1)}, wall(0) + std::chrono::days{4000}));
  REQUIRE(next(database, wall(0)) == "a-1");
  REQUIRE(mark_failed(database, id_of(database, wall(0)), wall(3600), "x"));
  REQUIRE(next(database, wall(0)) == "nothing");
}

TEST_CASE("what is finished stays finished") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1)}));
  const std::int64_t id = id_of(database, wall(0));
  REQUIRE(mark_delivered(database, id, wall(1)));
  REQUIRE(mark_failed(database, id, wall(2), "an answer that came late"));
  REQUIRE(next(database, wall(9)) == "nothing");
  REQUIRE(list_alerts(database, {}, 1)->at(0).deliveries.at(0).why.empty());
}

TEST_CASE("the outbox counts by webhook what waits and what is dead, and since when") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1), item("a", 1, "chat")}, wall(1)));
  REQUIRE(commit_items(database, {item("b", 1), item("c", 1), item("d", 1, "")}, wall(2)));
  REQUIRE(mark_dead(database, id_of(database, wall(2)), wall(3), "HTTP 410"));
  const auto all = count_outbox(database);
  REQUIRE(all->size() == 2);
  REQUIRE(all->at(0).webhook == "chat");
  REQUIRE(all->at(0).pending == 1);
  REQUIRE(all->at(0).oldest == wall(1));
  REQUIRE(all->at(1).webhook == "soc");
  REQUIRE(all->at(1).pending == 2);
  REQUIRE(all->at(1).dead == 1);
  REQUIRE(all->at(1).oldest == wall(2));
}

TEST_CASE("events of a webhook that was taken out of the settings are dead") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1), item("a", 1, "old"), item("a", 1, "chat")}));
  REQUIRE(retire_webhooks(database, {"soc", "chat"}, wall(1)));
  REQUIRE(counts_of(database, "old").dead == 1);
  REQUIRE(counts_of(database, "soc").pending == 1);
  REQUIRE(counts_of(database, "chat").pending == 1);
  REQUIRE(retire_webhooks(database, {}, wall(1)));
  REQUIRE(counts_of(database, "soc").dead == 1);
}

TEST_CASE("finished rows are forgotten by age and by number, pending ones never") {
  Database database = open_database(":memory:");
  for (int i = 0; i < 6; ++i) {
    REQUIRE(commit_items(database, {item(std::string(1, static_cast<char>('a' + i)), 1)}, wall(i)));
    if (i != 0) {
      const auto row =
          database.prepare("SELECT max(id) FROM outbox")
              .and_then([](Statement statement) -> Result<std::int64_t> {
                return statement.step().map([&](bool) { return statement.integer_at(0); });
              });
      REQUIRE(mark_delivered(database, row.value(), wall(i)));
    }
  }
  const auto left = [&] {
    std::string ids;
    const auto events = list_alerts(database, {}, 100);
    for (const ListedAlert& event : events.value()) {
      ids += event.alert_id;
    }
    return ids;
  };
  REQUIRE(prune(database, wall(3) + 1h, {1h, 100}));
  REQUIRE(left() == "feda");
  REQUIRE(prune(database, wall(9), {1h, 2}));
  REQUIRE(left() == "fea");
  const auto size = static_cast<std::int64_t>(item("a", 1).payload.size());
  REQUIRE(prune(database, wall(9), {1h, 9, size}));
  REQUIRE(left() == "fa");
  REQUIRE(prune(database, wall(9), {1h, 0}));
  REQUIRE(left() == "a");
}

TEST_CASE("what is too old is given up for its webhook alone") {
  Database database = open_database(":memory:");
  REQUIRE(commit_items(database, {item("a", 1), item("a", 1, "chat")}, wall(0)));
  REQUIRE(commit_items(database, {item("b", 1)}, wall(10)));
  REQUIRE(give_up_old(database, "soc", wall(10), "too old", wall(20)) == GivenUp{{"soc", 1}});
  REQUIRE(give_up_old(database, "soc", wall(10), "too old", wall(20))->empty());
  REQUIRE(next(database, wall(20)) == "b-1");
  REQUIRE(next(database, wall(20), "chat") == "a-1");
  REQUIRE(counts_of(database, "soc").dead == 1);
}

TEST_CASE("what exceeds number or size is given up, lowest level first, then oldest") {
  Database database = open_database(":memory:");
  const auto leveled = [](const std::string& id, const char* level, const char* webhook) {
    OutboxItem made = item(id, 1, webhook);
    made.level = level;
    return made;
  };
  REQUIRE(
      commit_items(database, {leveled("a", "critical", "soc"), leveled("b", "high", "soc"),
                              leveled("c", "low", "soc"), leveled("d", "low", "chat"),
                              leveled("e", "informational", "chat"), leveled("f", "high", "soc")}));
  const std::int64_t size = counts_of(database, "soc").bytes + counts_of(database, "chat").bytes;
  REQUIRE(size == 6 * static_cast<std::int64_t>(item("a", 1).payload.size()));
  REQUIRE(give_up_excess(database, {6, size}, "full", wall(1))->empty());
  REQUIRE(give_up_excess(database, {4, size}, "full", wall(1)) == GivenUp{{"chat", 1}, {"soc", 1}});
  REQUIRE(counts_of(database, "chat").pending == 1);
  REQUIRE(next(database, wall(1), "chat") == "d-1");
  REQUIRE(give_up_excess(database, {4, size / 2 - 1}, "full", wall(2)) ==
          GivenUp{{"chat", 1}, {"soc", 1}});
  REQUIRE(next(database, wall(2)) == "a-1");
  REQUIRE(give_up_excess(database, {1, 0}, "full", wall(3)) == GivenUp{{"soc", 2}});
}
