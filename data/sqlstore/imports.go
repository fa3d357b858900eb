package sqlstore

import (
	"context"
	"errors"
	"fmt"

	"geodrop/poi"
)

// Imported lists the files of an interrupted import, if nothing was written
// since.
func (s *Store) Imported(ctx context.Context, run string) (files []poi.ImportedFile, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT name, rows_in FROM imports WHERE run = ? AND "+
		"(SELECT MAX(sequence) FROM imports) = ("+selectSequence+") ORDER BY name", run)
	if err != nil {
		return nil, s.wrap("read the imports of", err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var f poi.ImportedFile
		if err := rows.Scan(&f.Name, &f.Rows); err != nil {
			return nil, s.wrap("read the imports of", err)
		}
		files = append(files, f)
	}
	return files, s.wrap("read the imports of", rows.Err())
}

func (t *transaction) PutImported(ctx context.Context, run string, f poi.ImportedFile) error {
	if err := t.lock(ctx); err != nil { // the sequence is that of this transaction
		return err
	}
	if err := t.exec(ctx, "DELETE FROM imports WHERE run <> ? OR name = ?", run, f.Name); err != nil {
		return fmt.Errorf("table imports: %w", err)
	}
	err := t.exec(ctx, "INSERT INTO imports (run, name, rows_in, sequence) SELECT ?, ?, ?, sequence FROM changes WHERE id = 1", run, f.Name, f.Rows)
	if err != nil {
		return fmt.Errorf("table imports: %w", err)
	}
	return nil
}

func (t *transaction) ForgetImports(ctx context.Context) error {
	if err := t.lock(ctx); err != nil {
		return err
	}
	return t.exec(ctx, "DELETE FROM imports")
}
