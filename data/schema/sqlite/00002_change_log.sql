-- What was changed: from this a builder knows which parts of a release it has to
-- make anew. Whoever writes adds to it: geodrop itself, while muted = 1, and the
-- triggers below for all others.

-- +goose Up

-- mark is random, so that the log of a copy that went its own way is told apart.
-- kind is 'poi', with the position before, if it was there; 'member', with the
-- id of the POI; 'set'; 'district'; 'zone'; or 'all', after which nothing older
-- is of use. 262144 and up to as many again are kept.
CREATE TABLE IF NOT EXISTS change_log (
  n      INTEGER NOT NULL PRIMARY KEY,
  mark   INTEGER NOT NULL,
  kind   TEXT NOT NULL,
  id     TEXT NOT NULL DEFAULT '',
  lat_e7 INTEGER,
  lng_e7 INTEGER
) STRICT;
INSERT INTO change_log (mark, kind) VALUES (random(), 'all');

-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS change_log_prune AFTER INSERT ON change_log
WHEN NEW.n % 262144 = 0
BEGIN
  DELETE FROM change_log WHERE n <= NEW.n - 262144;
END;
-- +goose StatementEnd

-- A row that REPLACE takes the place of goes without a word: BEFORE looks for it.
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_insert_log BEFORE INSERT ON pois
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id, lat_e7, lng_e7)
    SELECT random(), 'poi', NEW.id, p.lat_e7, p.lng_e7 FROM changes c LEFT JOIN pois p ON p.id = NEW.id WHERE c.id = 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_update_log BEFORE UPDATE ON pois
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id, lat_e7, lng_e7)
    VALUES (random(), 'poi', OLD.id, OLD.lat_e7, OLD.lng_e7);
  INSERT INTO change_log (mark, kind, id, lat_e7, lng_e7)
    SELECT random(), 'poi', NEW.id, p.lat_e7, p.lng_e7 FROM changes c LEFT JOIN pois p ON p.id = NEW.id
    WHERE c.id = 1 AND NEW.id <> OLD.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_delete_log AFTER DELETE ON pois
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id, lat_e7, lng_e7)
    VALUES (random(), 'poi', OLD.id, OLD.lat_e7, OLD.lng_e7);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_insert_log AFTER INSERT ON set_members
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id) VALUES (random(), 'member', NEW.poi_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_update_log AFTER UPDATE ON set_members
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id) VALUES (random(), 'member', OLD.poi_id);
  INSERT INTO change_log (mark, kind, id) VALUES (random(), 'member', NEW.poi_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_delete_log AFTER DELETE ON set_members
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id) VALUES (random(), 'member', OLD.poi_id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_insert_log AFTER INSERT ON poi_sets
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id) VALUES (random(), 'set', NEW.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_update_log AFTER UPDATE ON poi_sets
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id) VALUES (random(), 'set', OLD.id);
  INSERT INTO change_log (mark, kind, id) VALUES (random(), 'set', NEW.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_delete_log AFTER DELETE ON poi_sets
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind, id) VALUES (random(), 'set', OLD.id);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_insert_log AFTER INSERT ON districts
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind) VALUES (random(), 'district');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_update_log AFTER UPDATE ON districts
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind) VALUES (random(), 'district');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_delete_log AFTER DELETE ON districts
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind) VALUES (random(), 'district');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_insert_log AFTER INSERT ON zones
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind) VALUES (random(), 'zone');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_update_log AFTER UPDATE ON zones
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind) VALUES (random(), 'zone');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_delete_log AFTER DELETE ON zones
WHEN (SELECT muted FROM changes WHERE id = 1) = 0
BEGIN
  INSERT INTO change_log (mark, kind) VALUES (random(), 'zone');
END;
-- +goose StatementEnd

-- +goose Down

DROP TRIGGER IF EXISTS pois_insert_log;
DROP TRIGGER IF EXISTS pois_update_log;
DROP TRIGGER IF EXISTS pois_delete_log;
DROP TRIGGER IF EXISTS set_members_insert_log;
DROP TRIGGER IF EXISTS set_members_update_log;
DROP TRIGGER IF EXISTS set_members_delete_log;
DROP TRIGGER IF EXISTS poi_sets_insert_log;
DROP TRIGGER IF EXISTS poi_sets_update_log;
DROP TRIGGER IF EXISTS poi_sets_delete_log;
DROP TRIGGER IF EXISTS districts_insert_log;
DROP TRIGGER IF EXISTS districts_update_log;
DROP TRIGGER IF EXISTS districts_delete_log;
DROP TRIGGER IF EXISTS zones_insert_log;
DROP TRIGGER IF EXISTS zones_update_log;
DROP TRIGGER IF EXISTS zones_delete_log;
DROP TABLE IF EXISTS change_log;
