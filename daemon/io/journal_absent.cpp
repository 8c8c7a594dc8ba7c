// In place of journal.cpp where noci is built without the journal.
#include "io/journal.hpp"

namespace noci {
namespace {

tl::unexpected<Error> absent() {
  return failure("this noci was built without the journal (NOCI_JOURNALD=OFF)");
}

}  // namespace

Result<std::unique_ptr<Source>> follow_journal(JournalOptions /*options*/,
                                               const std::vector<Cursor>& /*saved*/) {
  return absent();
}

Result<JournalSurvey> survey_journal(const JournalSettings& /*settings*/) {
  return absent();
}

}  // namespace noci
