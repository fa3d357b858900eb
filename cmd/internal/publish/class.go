package publish

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"geodrop/builder"
	"geodrop/cmd/internal/board"
	"geodrop/data/mysql"
	"geodrop/data/schema"
	"geodrop/data/sqlite"
	"geodrop/poi/decode"
)

// kind is a class and how its errors are known.
type kind struct {
	is    func(error) bool
	class board.Class
}

func wraps(targets ...error) func(error) bool {
	return func(err error) bool {
		for _, target := range targets {
			if errors.Is(err, target) {
				return true
			}
		}
		return false
	}
}

// sourceKinds are those of a config that cannot be read, the first that fits.
func sourceKinds() []kind {
	return []kind{
		{wraps(schema.ErrTooOld), board.Class{Name: "schema_too_old", Says: "the tables are missing, or those of an older geodrop: geodrop import brings them up to date"}},
		{wraps(schema.ErrTooNew), board.Class{Name: "schema_too_new", Says: "the tables are those of a newer geodrop: use that"}},
		{wraps(schema.ErrNoTable), board.Class{Name: "table_missing", Says: "a table of the config was dropped; the log says which: bring it back from a backup"}},
		{mysql.Denied, board.Class{Name: "denied", Says: "the database refuses the account, or what it asks for"}},
		{wraps(context.DeadlineExceeded, os.ErrDeadlineExceeded), board.Class{Name: "timeout", Says: "the source did not answer in time"}},
		{mysql.Lost, board.Class{Name: "unreachable", Says: "the database cannot be reached, or went away"}},
		{wraps(sqlite.ErrNoFile, fs.ErrNotExist), board.Class{Name: "missing", Says: "there is no config where it should be"}},
		{wraps(fs.ErrPermission), board.Class{Name: "denied", Says: "the config may not be read"}},
		{wraps(decode.ErrFormat), board.Class{Name: "format", Says: "a file of the config is not what its name says; the log says which"}},
	}
}

// refusedKinds are those of a config that can be read and is not published.
func refusedKinds() []kind {
	return []kind{
		{wraps(builder.ErrShrink), board.Class{Name: "shrink", Says: "the release would be much smaller than the one that is served, and waits for approval by a higher limit"}},
		{wraps(builder.ErrRejected), board.Class{Name: "rejected", Says: "too much of the config is wrong; the log says how much"}},
		{wraps(builder.ErrEmpty), board.Class{Name: "empty", Says: "no place is left to drop anything at"}},
	}
}

func find(err error, kinds []kind) (board.Class, bool) {
	for _, k := range kinds {
		if k.is(err) {
			return k.class, true
		}
	}
	return board.Class{}, false
}

// sourceClass is the class of an error of a look at the config.
func sourceClass(err error) board.Class {
	if c, ok := find(err, sourceKinds()); ok {
		return c
	}
	return board.Class{Name: "failed", Says: "the config cannot be read; the log says why"}
}

// diskFailed reports whether the disk takes nothing, for now.
func diskFailed(err error) bool {
	return wraps(syscall.ENOSPC, syscall.EDQUOT, syscall.EIO, syscall.EROFS)(err)
}

// buildClass is the class of an error of a build, and whether it was refused.
func buildClass(err error) (c board.Class, refused bool) {
	if c, ok := find(err, refusedKinds()); ok {
		return c, true
	}
	if errors.Is(err, syscall.ENOSPC) {
		return board.Class{Name: "disk_full", Says: "there is no space for the release"}, false
	}
	if diskFailed(err) {
		return board.Class{Name: "disk", Says: "the disk fails, or is read only"}, false
	}
	if c, ok := find(err, sourceKinds()); ok {
		return c, false
	}
	return board.Class{Name: "failed", Says: "the build failed; the log says why"}, false
}
