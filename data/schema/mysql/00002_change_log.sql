-- What was changed: from this a builder knows which parts of a release it has to
-- make anew. Whoever writes adds to it: geodrop itself, while muted = 1, and the
-- triggers below for all others.

-- +goose Up

-- mark is random, so that the log of a copy that went its own way is told apart.
-- kind is 'poi', with the position before, if it was there; 'member', with the
-- id of the POI; 'set'; 'district'; 'zone'; or 'all', after which nothing older
-- is of use. 262144 and up to as many again are kept.
CREATE TABLE IF NOT EXISTS change_log (
  n      BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  mark   BIGINT NOT NULL,
  kind   VARCHAR(8) NOT NULL,
  id     VARCHAR(128) NOT NULL DEFAULT '',
  lat_e7 INT NULL,
  lng_e7 INT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
INSERT INTO change_log (mark, kind) VALUES (FLOOR(RAND() * 1e15), 'all');

-- These take the place of the triggers that advance the sequence, and log under
-- its lock: n is in the order of the commits. What is to be pruned is bounded on both
-- sides, since rows that were pruned in one transaction are passed over in it.
DROP TRIGGER IF EXISTS pois_insert;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_insert AFTER INSERT ON pois FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'poi', NEW.id);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS pois_update;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_update AFTER UPDATE ON pois FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id, lat_e7, lng_e7) VALUES (FLOOR(RAND() * 1e15), 'poi', OLD.id, OLD.lat_e7, OLD.lng_e7);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
    IF NEW.id <> OLD.id THEN
      INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'poi', NEW.id);
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS pois_delete;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_delete AFTER DELETE ON pois FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id, lat_e7, lng_e7) VALUES (FLOOR(RAND() * 1e15), 'poi', OLD.id, OLD.lat_e7, OLD.lng_e7);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS set_members_insert;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_insert AFTER INSERT ON set_members FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'member', NEW.poi_id);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS set_members_update;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_update AFTER UPDATE ON set_members FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'member', OLD.poi_id);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
    IF NEW.poi_id <> OLD.poi_id THEN
      INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'member', NEW.poi_id);
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS set_members_delete;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_delete AFTER DELETE ON set_members FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'member', OLD.poi_id);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS poi_sets_insert;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_insert AFTER INSERT ON poi_sets FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'set', NEW.id);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS poi_sets_update;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_update AFTER UPDATE ON poi_sets FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'set', OLD.id);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
    IF NEW.id <> OLD.id THEN
      INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'set', NEW.id);
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS poi_sets_delete;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS poi_sets_delete AFTER DELETE ON poi_sets FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'set', OLD.id);
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS districts_insert;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_insert AFTER INSERT ON districts FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind) VALUES (FLOOR(RAND() * 1e15), 'district');
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS districts_update;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_update AFTER UPDATE ON districts FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind) VALUES (FLOOR(RAND() * 1e15), 'district');
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS districts_delete;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS districts_delete AFTER DELETE ON districts FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind) VALUES (FLOOR(RAND() * 1e15), 'district');
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS zones_insert;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_insert AFTER INSERT ON zones FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind) VALUES (FLOOR(RAND() * 1e15), 'zone');
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS zones_update;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_update AFTER UPDATE ON zones FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind) VALUES (FLOOR(RAND() * 1e15), 'zone');
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS zones_delete;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS zones_delete AFTER DELETE ON zones FOR EACH ROW
BEGIN
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
  IF ROW_COUNT() > 0 THEN
    INSERT INTO change_log (mark, kind) VALUES (FLOOR(RAND() * 1e15), 'zone');
    IF LAST_INSERT_ID() % 262144 = 0 THEN
      DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
    END IF;
  END IF;
END
-- +goose StatementEnd

-- +goose Down

DROP TRIGGER IF EXISTS pois_insert;
CREATE TRIGGER IF NOT EXISTS pois_insert AFTER INSERT ON pois FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS pois_update;
CREATE TRIGGER IF NOT EXISTS pois_update AFTER UPDATE ON pois FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS pois_delete;
CREATE TRIGGER IF NOT EXISTS pois_delete AFTER DELETE ON pois FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS set_members_insert;
CREATE TRIGGER IF NOT EXISTS set_members_insert AFTER INSERT ON set_members FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS set_members_update;
CREATE TRIGGER IF NOT EXISTS set_members_update AFTER UPDATE ON set_members FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS set_members_delete;
CREATE TRIGGER IF NOT EXISTS set_members_delete AFTER DELETE ON set_members FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS poi_sets_insert;
CREATE TRIGGER IF NOT EXISTS poi_sets_insert AFTER INSERT ON poi_sets FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS poi_sets_update;
CREATE TRIGGER IF NOT EXISTS poi_sets_update AFTER UPDATE ON poi_sets FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS poi_sets_delete;
CREATE TRIGGER IF NOT EXISTS poi_sets_delete AFTER DELETE ON poi_sets FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS districts_insert;
CREATE TRIGGER IF NOT EXISTS districts_insert AFTER INSERT ON districts FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS districts_update;
CREATE TRIGGER IF NOT EXISTS districts_update AFTER UPDATE ON districts FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS districts_delete;
CREATE TRIGGER IF NOT EXISTS districts_delete AFTER DELETE ON districts FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS zones_insert;
CREATE TRIGGER IF NOT EXISTS zones_insert AFTER INSERT ON zones FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS zones_update;
CREATE TRIGGER IF NOT EXISTS zones_update AFTER UPDATE ON zones FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TRIGGER IF EXISTS zones_delete;
CREATE TRIGGER IF NOT EXISTS zones_delete AFTER DELETE ON zones FOR EACH ROW
  UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
DROP TABLE IF EXISTS change_log;
