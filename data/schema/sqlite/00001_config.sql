-- The config. Ids are text that compares by its bytes, so that rows stream in the
-- order in which the builder joins them. There are no foreign keys: rows arrive
-- in any order, and readers leave out what refers to something that is not there.

-- +goose Up

-- One row. Whoever writes advances the sequence, through the triggers below or,
-- once for a whole transaction, with muted = 1 while that lasts.
CREATE TABLE IF NOT EXISTS changes (
  id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
  sequence INTEGER NOT NULL,
  muted    INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT OR IGNORE INTO changes (id, sequence) VALUES (1, 1);

-- Transactions of geodrop that were committed in the last day.
CREATE TABLE IF NOT EXISTS writes (
  token      TEXT NOT NULL PRIMARY KEY,
  written_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS writes_by_time ON writes (written_at);

-- Files of an import that has not come to its end.
CREATE TABLE IF NOT EXISTS imports (
  run      TEXT NOT NULL,
  name     TEXT NOT NULL,
  rows_in  INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

-- Businesses. attrs is a JSON object of strings, as in every table.
CREATE TABLE IF NOT EXISTS merchants (
  id    TEXT NOT NULL,
  name  TEXT NOT NULL DEFAULT '',
  attrs TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- What a player can win. value is in the minor unit of the currency; units 0 is no bound.
CREATE TABLE IF NOT EXISTS prizes (
  id       TEXT NOT NULL,
  name     TEXT NOT NULL DEFAULT '',
  kind     TEXT NOT NULL DEFAULT '',
  merchant TEXT NOT NULL,
  value    INTEGER NOT NULL DEFAULT 0,
  currency TEXT NOT NULL DEFAULT '',
  units    INTEGER NOT NULL DEFAULT 0,
  attrs    TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- Campaign items. Times are RFC 3339, durations like '15m', sessions a JSON list like ["20:00-22:00"].
CREATE TABLE IF NOT EXISTS tasks (
  id             TEXT NOT NULL,
  title          TEXT NOT NULL DEFAULT '',
  merchant       TEXT NOT NULL,
  poi_set        TEXT NOT NULL,
  starts_at      TEXT NOT NULL,
  ends_at        TEXT NOT NULL,
  time_zone      TEXT NOT NULL DEFAULT '',
  sessions       TEXT,
  preview        TEXT NOT NULL DEFAULT '',
  claim_radius_m REAL NOT NULL DEFAULT 50,
  cap_per_day    INTEGER NOT NULL DEFAULT 0,
  cap_total      INTEGER NOT NULL DEFAULT 0,
  cap_cooldown   TEXT NOT NULL DEFAULT '',
  paused         INTEGER NOT NULL DEFAULT 0,
  priority       INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- The prizes that a claim of a task draws from, in the order of position.
CREATE TABLE IF NOT EXISTS task_prizes (
  task     TEXT NOT NULL,
  prize    TEXT NOT NULL,
  weight   INTEGER NOT NULL DEFAULT 1,
  position INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (task, prize)
) STRICT, WITHOUT ROWID;

-- How many units a task may give in a district, or in all others ('*').
CREATE TABLE IF NOT EXISTS quotas (
  task     TEXT NOT NULL,
  prize    TEXT NOT NULL,
  district TEXT NOT NULL,
  units    INTEGER NOT NULL,
  position INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (task, prize, district)
) STRICT, WITHOUT ROWID;

-- The sets, without the built-in 'all'.
CREATE TABLE IF NOT EXISTS poi_sets (
  id TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- What is in them, in the order in which it is joined with pois.
CREATE TABLE IF NOT EXISTS set_members (
  poi_id TEXT NOT NULL,
  set_id TEXT NOT NULL,
  PRIMARY KEY (poi_id, set_id)
) STRICT, WITHOUT ROWID;

-- Places, WGS-84, in 1e-7 degrees.
CREATE TABLE IF NOT EXISTS pois (
  id     TEXT NOT NULL,
  name   TEXT NOT NULL DEFAULT '',
  lat_e7 INTEGER NOT NULL,
  lng_e7 INTEGER NOT NULL,
  kind   TEXT NOT NULL DEFAULT '',
  attrs  TEXT,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- County-level areas. shape is a GeoJSON Polygon or MultiPolygon, WGS-84.
CREATE TABLE IF NOT EXISTS districts (
  adcode TEXT NOT NULL,
  name   TEXT NOT NULL DEFAULT '',
  parent TEXT NOT NULL DEFAULT '',
  shape  TEXT NOT NULL,
  PRIMARY KEY (adcode)
) STRICT, WITHOUT ROWID;

-- Where nothing may be dropped; without times and sessions: ever.
CREATE TABLE IF NOT EXISTS zones (
  id        TEXT NOT NULL,
  name      TEXT NOT NULL DEFAULT '',
  reason    TEXT NOT NULL,
  starts_at TEXT NOT NULL DEFAULT '',
  ends_at   TEXT NOT NULL DEFAULT '',
  time_zone TEXT NOT NULL DEFAULT '',
  sessions  TEXT,
  shape     TEXT NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS merchants_insert AFTER INSERT ON merchants
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS merchants_update AFTER UPDATE ON merchants
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS merchants_delete AFTER DELETE ON merchants
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS prizes_insert AFTER INSERT ON prizes
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS prizes_update AFTER UPDATE ON prizes
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS prizes_delete AFTER DELETE ON prizes
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS tasks_insert AFTER INSERT ON tasks
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS tasks_update AFTER UPDATE ON tasks
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS tasks_delete AFTER DELETE ON tasks
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS task_prizes_insert AFTER INSERT ON task_prizes
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS task_prizes_update AFTER UPDATE ON task_prizes
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS task_prizes_delete AFTER DELETE ON task_prizes
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS quotas_insert AFTER INSERT ON quotas
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS quotas_update AFTER UPDATE ON quotas
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS quotas_delete AFTER DELETE ON quotas
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_insert AFTER INSERT ON poi_sets
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_update AFTER UPDATE ON poi_sets
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_delete AFTER DELETE ON poi_sets
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_insert AFTER INSERT ON set_members
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_update AFTER UPDATE ON set_members
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_delete AFTER DELETE ON set_members
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_insert AFTER INSERT ON pois
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_update AFTER UPDATE ON pois
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_delete AFTER DELETE ON pois
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_insert AFTER INSERT ON districts
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_update AFTER UPDATE ON districts
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_delete AFTER DELETE ON districts
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_insert AFTER INSERT ON zones
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_update AFTER UPDATE ON zones
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_delete AFTER DELETE ON zones
BEGIN UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0; END;
-- +goose StatementEnd

-- +goose Down

DROP TABLE IF EXISTS merchants;
DROP TABLE IF EXISTS prizes;
DROP TABLE IF EXISTS tasks;
DROP TABLE IF EXISTS task_prizes;
DROP TABLE IF EXISTS quotas;
DROP TABLE IF EXISTS poi_sets;
DROP TABLE IF EXISTS set_members;
DROP TABLE IF EXISTS pois;
DROP TABLE IF EXISTS districts;
DROP TABLE IF EXISTS zones;
DROP TABLE IF EXISTS imports;
DROP TABLE IF EXISTS writes;
DROP TABLE IF EXISTS changes;
