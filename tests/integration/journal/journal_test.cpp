#include "io/journal.hpp"

#include <filesystem>

#include "io/watch.hpp"
#include "support/catch.hpp"
#include "support/coroutine.hpp"
#include "support/journal_folder.hpp"

using namespace noci;
using namespace noci::testing;

// Every case needs the writer: without it ctest sees the sentence and calls the whole skipped.
#define NEEDS_WRITER()                                  \
  if (!JournalFolder::is_available()) {                 \
    std::puts("skipped: needs systemd-journal-remote"); \
    return;                                             \
  }

namespace {

constexpr const char* synapse = "matrix-synapse.service";

Fields entry(const std::string& message, const std::string& unit = synapse) {
  return {{"MESSAGE", message},
          {"PRIORITY", "6"},
          {"_SYSTEMD_UNIT", unit},
          {"_PID", "465"},
          {"SYSLOG_IDENTIFIER", "synapse"}};
}

std::vector<Fields> entries(const std::vector<std::string>& messages) {
  std::vector<Fields> all;
  for (const std::string& message : messages) {
    all.push_back(entry(message));
  }
  return all;
}

JournalOptions options_for(const JournalFolder& folder, StartAt start_at = StartAt::beginning) {
  JournalOptions options;
  options.source = 3;
  options.name = "journal";
  options.journal.units = {synapse};
  options.journal.directory = folder.path();
  options.start_at = start_at;
  return options;
}

std::unique_ptr<Source> follow(const JournalOptions& options, std::vector<Cursor> saved = {}) {
  auto journal = follow_journal(options, saved);
  REQUIRE(journal);
  return std::move(*journal);
}

/// Everything there is now, as counted.
std::string drain(Source& journal) {
  std::string text;
  while (const auto chunk = journal.next({})) {
    REQUIRE(chunk->source == 3);
    text += chunk->bytes;
    journal.consumed(chunk->stream, chunk->offset + chunk->bytes.size(), 0);
  }
  return text;
}

std::vector<std::string> messages(const std::string& text) {
  std::vector<std::string> all;
  for (const auto& object : JournalFolder::objects(text)) {
    all.emplace_back(object.at("MESSAGE").as_string());
  }
  return all;
}

using Messages = std::vector<std::string>;

}  // namespace

TEST_CASE("an entry has the fields that journalctl prints, and reads the same") {
  NEEDS_WRITER();
  JournalFolder folder;
  Fields rich = entry("tab\there, quote \" and \\ and Grüße\nsecond line");
  rich.emplace_back("LOGGER", "synapse.access.http.8008");
  rich.emplace_back("_STREAM_ID", "00112233445566778899aabbccddeeff");
  rich.emplace_back("_LINE_BREAK", "line-max");
  rich.emplace_back("CONTAINER_NAME", "synapse");
  rich.emplace_back("CONTAINER_PARTIAL_MESSAGE", "true");
  folder.append("a.journal",
                {rich, entry("bell \a"), entry("not UTF-8: \xff\xfe"), entry("C1: \xc2\x85"),
                 entry("separator: \xe2\x80\xa8"), entry(std::string("nul \0 within", 12)),
                 entry(""), entry(std::string(100'000, 'x')), entry("other", "cron.service")});
  const auto ours = JournalFolder::objects(drain(*follow(options_for(folder))));
  const auto theirs = folder.journalctl(std::string("_SYSTEMD_UNIT=") + synapse);
  REQUIRE(theirs.size() == 8);
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    INFO("entry " << i);
    for (const auto& [key, value] : ours[i]) {
      INFO(std::string(key));
      REQUIRE(theirs[i].contains(key));
      CHECK(value == theirs[i].at(key));
    }
    CHECK(ours[i].size() >= 5);
  }
  CHECK(ours[0].size() == 11);
}

TEST_CASE("a restart goes on behind the last entry that was counted") {
  NEEDS_WRITER();
  JournalFolder folder;
  folder.append("a.journal", entries({"one", "two", "three"}));
  std::vector<Cursor> saved;
  {
    const auto journal = follow(options_for(folder));
    const auto chunk = journal->next({});
    REQUIRE(chunk);
    const auto first = chunk->bytes.find('\n') + 1;
    journal->consumed(chunk->stream, first, 2);
    saved = journal->cursors();
  }
  folder.append("a.journal", entries({"four"}));
  const auto journal = follow(options_for(folder), saved);
  CHECK(messages(drain(*journal)) == Messages{"two", "three", "four"});
  CHECK(messages(drain(*follow(options_for(folder), journal->cursors()))).empty());
  CHECK(journal->stats().lost_bytes_unknown == 0);
}

TEST_CASE("what is written while the journal is followed arrives, and wakes the reader") {
  NEEDS_WRITER();
  JournalFolder folder;
  folder.append("a.journal", entries({"one"}));
  const auto journal = follow(options_for(folder));
  CHECK(messages(drain(*journal)) == Messages{"one"});
  boost::asio::io_context io;
  Watch watch(io.get_executor());
  watch.set_descriptors({journal->wake_descriptor()});
  folder.append("a.journal", entries({"two"}));
  CHECK(run(io, watch.wait(Duration{30'000})) == WakeUp::bytes);
  CHECK(messages(drain(*journal)) == Messages{"two"});
  // Rotation: another file of the same folder.
  folder.append("b.journal", entries({"three"}));
  journal->rescan();
  CHECK(messages(drain(*journal)) == Messages{"three"});
}

TEST_CASE("what was vacuumed unread is told, and nothing is read twice because of it") {
  NEEDS_WRITER();
  JournalFolder folder;
  folder.append("a.journal", entries({"one", "two", "three"}));
  const auto first = follow(options_for(folder));
  CHECK(messages(drain(*first)).size() == 3);
  folder.append("b.journal", entries({"four", "five"}));
  folder.remove("a.journal");
  const auto second = follow(options_for(folder), first->cursors());
  CHECK(messages(drain(*second)) == Messages{"four", "five"});
  CHECK(second->stats().lost_bytes_unknown == 1);
  // The file that holds the cursor goes while it is open.
  folder.remove("b.journal");
  folder.append("c.journal", entries({"six"}));
  second->rescan();
  CHECK(messages(drain(*second)) == Messages{"six"});
}

TEST_CASE("a first start begins at the end, or as far back as it is told") {
  NEEDS_WRITER();
  JournalFolder folder;
  folder.append("a.journal", entries({"old"}));
  folder.skip_seconds(3600);
  folder.append("a.journal", entries({"young"}));
  JournalOptions options = options_for(folder, StartAt::end);
  options.now = TimePoint(Duration(JournalFolder::first_time / 1000)) + std::chrono::hours{2};
  const auto at_end = follow(options);
  CHECK(drain(*at_end).empty());
  options.backfill = std::chrono::hours{1} + std::chrono::minutes{30};
  CHECK(messages(drain(*follow(options))) == Messages{"young"});
  options.backfill = std::chrono::hours{24};
  CHECK(messages(drain(*follow(options))) == Messages{"old", "young"});
  // A restart before anything was counted begins where the first start began, not later.
  folder.skip_seconds(2 * 3600);
  folder.append("a.journal", entries({"new"}));
  options.backfill = {};
  options.now += std::chrono::hours{24};
  CHECK(messages(drain(*follow(options, at_end->cursors()))) == Messages{"new"});
}

TEST_CASE("several units, an identifier and a container are read side by side in their order") {
  NEEDS_WRITER();
  JournalFolder folder;
  Fields container = entry("five", "docker.service");
  container.emplace_back("CONTAINER_NAME", "synapse");
  folder.append("a.journal", {entry("one"),
                              entry("two", "worker.service"),
                              {{"MESSAGE", "three"}, {"SYSLOG_IDENTIFIER", "hand"}},
                              entry("four", "cron.service"),
                              container});
  JournalOptions options = options_for(folder);
  options.journal.units.emplace_back("worker.service");
  options.journal.identifiers = {"hand"};
  options.journal.containers = {"synapse"};
  CHECK(messages(drain(*follow(options))) == Messages{"one", "two", "three", "five"});
}

TEST_CASE("a journal that is missing is waited for") {
  NEEDS_WRITER();
  JournalFolder folder;
  JournalOptions options = options_for(folder);
  options.journal.directory = folder.path("later");
  const auto journal = follow(options);
  REQUIRE(journal->faults().size() == 1);
  CHECK(journal->faults()[0].problem == SourceProblem::missing);
  CHECK_FALSE(journal->next({}));
  std::filesystem::create_directory(folder.path("later"));
  folder.append("later/a.journal", entries({"one"}));
  journal->rescan();
  CHECK(journal->faults().empty());
  CHECK(messages(drain(*journal)) == Messages{"one"});
}

TEST_CASE("a journal that may not be read names the group that may") {
  NEEDS_WRITER();
  JournalFolder folder;
  folder.append("a.journal", entries({"one"}));
  std::filesystem::permissions(folder.path("a.journal"), std::filesystem::perms(0));
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  const bool is_root = geteuid() == 0;  // root may read everything, so be somebody else
  REQUIRE((!is_root || seteuid(65534) == 0));
  const auto journal = follow(options_for(folder));
  REQUIRE(journal->faults().size() == 1);
  CHECK(journal->faults()[0].problem == SourceProblem::permission_denied);
  CHECK(journal->faults()[0].what.find("systemd-journal") != std::string::npos);
  CHECK_FALSE(journal->next({}));
  REQUIRE((!is_root || seteuid(0) == 0));
  std::filesystem::permissions(folder.path("a.journal"), std::filesystem::perms(0644));
  journal->rescan();
  CHECK(journal->faults().empty());
  CHECK(messages(drain(*journal)) == Messages{"one"});
}

TEST_CASE("a survey names what never wrote") {
  NEEDS_WRITER();
  JournalFolder folder;
  folder.append("a.journal", entries({"one"}));
  JournalSettings settings = options_for(folder).journal;
  settings.units.emplace_back("matrix-synapes.service");
  const auto survey = survey_journal(settings);
  REQUIRE(survey);
  CHECK(survey->faults.empty());
  CHECK(survey->silent == Messages{"unit matrix-synapes.service"});
}
