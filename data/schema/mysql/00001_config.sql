-- The config. Ids are text that compares by its bytes, so that rows stream in the
-- order in which the builder joins them. There are no foreign keys: rows arrive
-- in any order, and readers leave out what refers to something that is not there.

-- +goose Up

-- One row. Whoever writes advances the sequence, through the triggers below or,
-- once for a whole transaction, with muted = 1 while that lasts. Its lock, held
-- until the commit, keeps the sequence in the order of the commits.
CREATE TABLE IF NOT EXISTS changes (
  id       TINYINT NOT NULL PRIMARY KEY,
  sequence BIGINT UNSIGNED NOT NULL,
  muted    TINYINT NOT NULL DEFAULT 0
) ENGINE=InnoDB;
INSERT IGNORE INTO changes (id, sequence) VALUES (1, 1);

-- Transactions of geodrop that were committed in the last day.
CREATE TABLE IF NOT EXISTS writes (
  token      VARCHAR(32) NOT NULL PRIMARY KEY,
  written_at BIGINT NOT NULL,
  KEY writes_by_time (written_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Files of an import that has not come to its end.
CREATE TABLE IF NOT EXISTS imports (
  run      VARCHAR(64) NOT NULL,
  name     VARCHAR(255) NOT NULL,
  rows_in  BIGINT NOT NULL,
  sequence BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (run, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Businesses. attrs is a JSON object of strings, as in every table.
CREATE TABLE IF NOT EXISTS merchants (
  id    VARCHAR(128) NOT NULL,
  name  VARCHAR(512) NOT NULL DEFAULT '',
  attrs TEXT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What a player can win. value is in the minor unit of the currency; units 0 is no bound.
CREATE TABLE IF NOT EXISTS prizes (
  id       VARCHAR(128) NOT NULL,
  name     VARCHAR(512) NOT NULL DEFAULT '',
  kind     VARCHAR(64) NOT NULL DEFAULT '',
  merchant VARCHAR(128) NOT NULL,
  value    BIGINT UNSIGNED NOT NULL DEFAULT 0,
  currency VARCHAR(3) NOT NULL DEFAULT '',
  units    BIGINT UNSIGNED NOT NULL DEFAULT 0,
  attrs    TEXT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Campaign items. Times are RFC 3339, durations like '15m', sessions a JSON list like ["20:00-22:00"].
CREATE TABLE IF NOT EXISTS tasks (
  id             VARCHAR(128) NOT NULL,
  title          VARCHAR(512) NOT NULL DEFAULT '',
  merchant       VARCHAR(128) NOT NULL,
  poi_set        VARCHAR(128) NOT NULL,
  starts_at      VARCHAR(40) NOT NULL,
  ends_at        VARCHAR(40) NOT NULL,
  time_zone      VARCHAR(64) NOT NULL DEFAULT '',
  sessions       TEXT NULL,
  preview        VARCHAR(40) NOT NULL DEFAULT '',
  claim_radius_m DOUBLE NOT NULL DEFAULT 50,
  cap_per_day    INT NOT NULL DEFAULT 0,
  cap_total      INT NOT NULL DEFAULT 0,
  cap_cooldown   VARCHAR(40) NOT NULL DEFAULT '',
  paused         INT NOT NULL DEFAULT 0,
  priority       INT NOT NULL DEFAULT 0,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The prizes that a claim of a task draws from, in the order of position.
CREATE TABLE IF NOT EXISTS task_prizes (
  task     VARCHAR(128) NOT NULL,
  prize    VARCHAR(128) NOT NULL,
  weight   INT NOT NULL DEFAULT 1,
  position INT NOT NULL DEFAULT 0,
  PRIMARY KEY (task, prize)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- How many units a task may give in a district, or in all others ('*').
CREATE TABLE IF NOT EXISTS quotas (
  task     VARCHAR(128) NOT NULL,
  prize    VARCHAR(128) NOT NULL,
  district VARCHAR(128) NOT NULL,
  units    BIGINT UNSIGNED NOT NULL,
  position INT NOT NULL DEFAULT 0,
  PRIMARY KEY (task, prize, district)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The sets, without the built-in 'all'.
CREATE TABLE IF NOT EXISTS poi_sets (
  id VARCHAR(128) NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- What is in them, in the order in which it is joined with pois.
CREATE TABLE IF NOT EXISTS set_members (
  poi_id VARCHAR(128) NOT NULL,
  set_id VARCHAR(128) NOT NULL,
  PRIMARY KEY (poi_id, set_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Places, WGS-84, in 1e-7 degrees.
CREATE TABLE IF NOT EXISTS pois (
  id     VARCHAR(128) NOT NULL,
  name   VARCHAR(512) NOT NULL DEFAULT '',
  lat_e7 INT NOT NULL,
  lng_e7 INT NOT NULL,
  kind   VARCHAR(64) NOT NULL DEFAULT '',
  attrs  TEXT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- County-level areas. shape is a GeoJSON Polygon or MultiPolygon, WGS-84.
CREATE TABLE IF NOT EXISTS districts (
  adcode VARCHAR(128) NOT NULL,
  name   VARCHAR(512) NOT NULL DEFAULT '',
  parent VARCHAR(128) NOT NULL DEFAULT '',
  shape  LONGTEXT NOT NULL,
  PRIMARY KEY (adcode)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Where nothing may be dropped; without times and sessions: ever.
CREATE TABLE IF NOT EXISTS zones (
  id        VARCHAR(128) NOT NULL,
  name      VARCHAR(512) NOT NULL DEFAULT '',
  reason    VARCHAR(512) NOT NULL,
  starts_at VARCHAR(40) NOT NULL DEFAULT '',
  ends_at   VARCHAR(40) NOT NULL DEFAULT '',
  time_zone VARCHAR(64) NOT NULL DEFAULT '',
  sessions  TEXT NULL,
  shape     LONGTEXT NOT NULL,
  PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

CREATE TRIGGER IF NOT EXISTS merchants_insert AFTER INSERT ON merchants FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS merchants_update AFTER UPDATE ON merchants FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS merchants_delete AFTER DELETE ON merchants FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS prizes_insert AFTER INSERT ON prizes FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS prizes_update AFTER UPDATE ON prizes FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS prizes_delete AFTER DELETE ON prizes FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS tasks_insert AFTER INSERT ON tasks FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS tasks_update AFTER UPDATE ON tasks FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS tasks_delete AFTER DELETE ON tasks FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS task_prizes_insert AFTER INSERT ON task_prizes FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS task_prizes_update AFTER UPDATE ON task_prizes FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS task_prizes_delete AFTER DELETE ON task_prizes FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS quotas_insert AFTER INSERT ON quotas FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS quotas_update AFTER UPDATE ON quotas FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS quotas_delete AFTER DELETE ON quotas FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS poi_sets_insert AFTER INSERT ON poi_sets FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS poi_sets_update AFTER UPDATE ON poi_sets FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS poi_sets_delete AFTER DELETE ON poi_sets FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS set_members_insert AFTER INSERT ON set_members FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS set_members_update AFTER UPDATE ON set_members FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS set_members_delete AFTER DELETE ON set_members FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS pois_insert AFTER INSERT ON pois FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS pois_update AFTER UPDATE ON pois FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS pois_delete AFTER DELETE ON pois FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS districts_insert AFTER INSERT ON districts FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS districts_update AFTER UPDATE ON districts FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS districts_delete AFTER DELETE ON districts FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS zones_insert AFTER INSERT ON zones FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS zones_update AFTER UPDATE ON zones FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
CREATE TRIGGER IF NOT EXISTS zones_delete AFTER DELETE ON zones FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;

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
