// Package starter makes the config store of a first start: one in SQLite with
// the shipped sample, for operators to write to.
package starter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"geodrop/data/sample"
	"geodrop/data/sqlite"
	"geodrop/data/transfer"
	"geodrop/poi/decode"
	"geodrop/sync/atomicfile"
)

// StoreName is the name of the store in its folder.
const StoreName = "config.db"

// workName is the folder in which the store is made. It is moved out when it is
// complete: what is there at a start is left of one that was killed.
const workName = "first-start"

// Fill makes the store in a folder, which nobody else uses meanwhile. One that
// is there stays as it is; made is whether there was none.
func Fill(ctx context.Context, dir string) (made bool, err error) {
	work, store := filepath.Join(dir, workName), filepath.Join(dir, StoreName)
	if err := os.RemoveAll(work); err != nil {
		return false, fmt.Errorf("make the first config: %w", err)
	}
	if _, err := os.Lstat(store); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	err = fill(ctx, work)
	if err == nil {
		err = os.Rename(filepath.Join(work, StoreName), store)
	}
	if err == nil {
		err = atomicfile.SyncDir(dir)
	}
	if err = errors.Join(err, os.RemoveAll(work)); err != nil {
		return false, fmt.Errorf("make the first config in %s: %w", store, err)
	}
	return true, nil
}

func fill(ctx context.Context, work string) (err error) {
	bundle := filepath.Join(work, "sample")
	if err := sample.Write(bundle); err != nil {
		return err
	}
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	// Closed, it is one file.
	store, err := sqlite.Open(ctx, filepath.Join(work, StoreName), sqlite.Options{Create: true})
	if err != nil {
		return err
	}
	_, err = transfer.Import(ctx, src, store, transfer.ImportOptions{TempDir: work})
	return errors.Join(err, store.Close())
}
