-- Bulk writes. For each row of a transaction of geodrop the triggers looked into
-- changes, only to find it muted there; that took longer than the row itself, and
-- all the while others waited for their turn. The session says it at no cost.

-- +goose Up

DROP TRIGGER IF EXISTS pois_insert;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_insert AFTER INSERT ON pois FOR EACH ROW
BEGIN
  IF @geodrop_muted IS NULL THEN
    UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
    IF ROW_COUNT() > 0 THEN
      INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'poi', NEW.id);
      IF LAST_INSERT_ID() % 262144 = 0 THEN
        DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
      END IF;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS pois_update;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_update AFTER UPDATE ON pois FOR EACH ROW
BEGIN
  IF @geodrop_muted IS NULL THEN
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
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS pois_delete;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS pois_delete AFTER DELETE ON pois FOR EACH ROW
BEGIN
  IF @geodrop_muted IS NULL THEN
    UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
    IF ROW_COUNT() > 0 THEN
      INSERT INTO change_log (mark, kind, id, lat_e7, lng_e7) VALUES (FLOOR(RAND() * 1e15), 'poi', OLD.id, OLD.lat_e7, OLD.lng_e7);
      IF LAST_INSERT_ID() % 262144 = 0 THEN
        DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
      END IF;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS set_members_insert;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_insert AFTER INSERT ON set_members FOR EACH ROW
BEGIN
  IF @geodrop_muted IS NULL THEN
    UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
    IF ROW_COUNT() > 0 THEN
      INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'member', NEW.poi_id);
      IF LAST_INSERT_ID() % 262144 = 0 THEN
        DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
      END IF;
    END IF;
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS set_members_update;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_update AFTER UPDATE ON set_members FOR EACH ROW
BEGIN
  IF @geodrop_muted IS NULL THEN
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
  END IF;
END
-- +goose StatementEnd
DROP TRIGGER IF EXISTS set_members_delete;
-- +goose StatementBegin
CREATE TRIGGER IF NOT EXISTS set_members_delete AFTER DELETE ON set_members FOR EACH ROW
BEGIN
  IF @geodrop_muted IS NULL THEN
    UPDATE changes SET sequence = sequence + 1 WHERE id = 1 AND muted = 0;
    IF ROW_COUNT() > 0 THEN
      INSERT INTO change_log (mark, kind, id) VALUES (FLOOR(RAND() * 1e15), 'member', OLD.poi_id);
      IF LAST_INSERT_ID() % 262144 = 0 THEN
        DELETE FROM change_log WHERE n > CAST(LAST_INSERT_ID() AS SIGNED) - 4 * 262144 AND n <= CAST(LAST_INSERT_ID() AS SIGNED) - 262144;
      END IF;
    END IF;
  END IF;
END
-- +goose StatementEnd

-- What others wrote while a trigger was away went unnoticed. The log says so before
-- the sequence calls readers: each statement is a transaction.
INSERT INTO change_log (mark, kind) VALUES (FLOOR(RAND() * 1e15), 'all');
UPDATE changes SET sequence = sequence + 1 WHERE id = 1;

-- +goose Down

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
