#include "pipeline/vigil_alert.hpp"

#include "vigil_watch.hpp"

using namespace noci;
using namespace noci::testing;

TEST_CASE("an alert says which log, what is wrong, since when and what to do") {
  Watch watch;
  watch.speak(1h);
  watch.wait(4min);
  watch.speak(2min);
  REQUIRE(watch.changes.size() == 2);
  const Alert blind = alert_of(watch.changes[0], "store");
  CHECK(
      blind.summary ==
      "noci is blind to the log hs since 2026-06-01T13:00:00Z: nothing was written for 3 min 1 s, "
      "where more than 3 min is unusual. Check that Synapse runs, that it still writes to this "
      "log and that its log level includes INFO.");
  CHECK(blind.status == AlertStatus::firing);
  CHECK(blind.level == Level::high);
  CHECK(blind.rule_id == "noci-blind-silent");
  CHECK(blind.key_text() == "hs");
  CHECK(blind.sequence == 1);
  const Alert recovered = alert_of(watch.changes[1], "store");
  CHECK(recovered.summary == "noci sees the log hs again; it was blind for 5 min (silent)");
  CHECK(recovered.alert_id == blind.alert_id);
  CHECK(recovered.sequence == 2);
  CHECK(alert_of(watch.changes[0], "another store").alert_id != blind.alert_id);
}

TEST_CASE("every cause has a title, a problem and an advice") {
  for (std::size_t i = 0; i < cause_names.size(); ++i) {
    BlindChange change;
    change.cause = static_cast<Cause>(i);
    change.value = 0.5;
    const Alert alert = alert_of(change, "store");
    CAPTURE(name_of(change.cause));
    CHECK(alert.rule_title != "noci is blind");
    CHECK(alert.system->problem.size() > 10);
    CHECK(alert.system->advice.size() > 10);
    CHECK(alert.summary.size() < 1000);
  }
}
