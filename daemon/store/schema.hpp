#pragma once
// The tables, as the list of steps that made them: user_version counts the steps a file has seen,
// so the previous release's file opens, and a step that was released is never changed.

#include <array>
#include <cstdint>
#include <string_view>

namespace noci {

/// `noci` in ASCII, in the file's header: how `file` and we recognise it.
inline constexpr std::int64_t application_id = 0x6e6f6369;

inline constexpr std::array<std::string_view, 3> migrations{R"sql(
-- store_id, hash_seed and, once there is one, vigil: what noci knows of its own sight
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

-- How far each stream has been read; replaced as a whole by each commit. 64-bit counts that have
-- no sign are kept as the same bits.
CREATE TABLE cursors (
  source TEXT NOT NULL, path TEXT NOT NULL, device INTEGER NOT NULL, inode INTEGER NOT NULL,
  "offset" INTEGER NOT NULL, line INTEGER NOT NULL, marker TEXT NOT NULL,
  modified INTEGER NOT NULL);

-- The pipeline's state, in the order of id: what each commit, by its number, kept of it.
CREATE TABLE state (id INTEGER PRIMARY KEY, number INTEGER NOT NULL, blob BLOB NOT NULL);

-- What must be said, to whom. Times are milliseconds since the epoch; event_time is event time,
-- the others are wall clock. state: 0 pending, 1 delivered, 2 dead.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY, webhook TEXT NOT NULL, event_id TEXT NOT NULL, alert_id TEXT NOT NULL,
  sequence INTEGER NOT NULL, payload TEXT NOT NULL, event_time INTEGER NOT NULL,
  level TEXT NOT NULL, status TEXT NOT NULL, rule_title TEXT NOT NULL, summary TEXT NOT NULL,
  created INTEGER NOT NULL, state INTEGER NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL, finished INTEGER, why TEXT NOT NULL DEFAULT '',
  UNIQUE (webhook, event_id));
CREATE INDEX outbox_due ON outbox (webhook, due, id) WHERE state = 0;
CREATE INDEX outbox_order ON outbox (webhook, alert_id, sequence) WHERE state = 0;
)sql",
                                                            R"sql(
-- bytes: of the payload. rank: of the level, 0 informational to 4 critical. urgent: never put off.
-- digest: event_id of the digest that carries this event, itself a row of status `digest`.
ALTER TABLE outbox ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN rank INTEGER NOT NULL DEFAULT 2;
ALTER TABLE outbox ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN digest TEXT NOT NULL DEFAULT '';
UPDATE outbox SET bytes = length(CAST(payload AS BLOB)),
  rank = CASE level WHEN 'informational' THEN 0 WHEN 'low' THEN 1 WHEN 'high' THEN 3
    WHEN 'critical' THEN 4 ELSE 2 END,
  urgent = (level = 'critical' OR payload LIKE '{"type":"system.%');
-- Counting and choosing must not read the payloads, which fill pages of their own.
CREATE INDEX outbox_event ON outbox (event_id);
CREATE INDEX outbox_counts ON outbox (webhook, state, created, bytes);
CREATE INDEX outbox_weight ON outbox (rank, id, bytes) WHERE state = 0;
CREATE INDEX outbox_finished ON outbox (id, finished, bytes) WHERE state <> 0;
CREATE INDEX outbox_urgent ON outbox (webhook, alert_id) WHERE state = 0 AND urgent = 1;
CREATE INDEX outbox_digest ON outbox (webhook, digest) WHERE digest <> '';
)sql",
                                                            R"sql(
-- Counting what may wait for a digest must not read the payloads.
CREATE INDEX outbox_waiting ON outbox
  (webhook, event_time, created, alert_id, status, state, urgent, digest)
  WHERE state = 0 AND urgent = 0 AND digest = '';
-- What becomes of a digest becomes of the events that it carries.
CREATE TRIGGER outbox_digest_fate AFTER UPDATE OF state ON outbox WHEN NEW.status = 'digest'
BEGIN
  UPDATE outbox SET state = NEW.state, finished = NEW.finished, why = NEW.why
    WHERE webhook = NEW.webhook AND digest = NEW.event_id;
END;
)sql"};

}  // namespace noci
