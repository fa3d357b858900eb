package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"geodrop/cmd/internal/publish"
	"geodrop/data/mysql"
	"geodrop/data/sqlite"
	"geodrop/data/sqlstore"
	"geodrop/grid/coord"
	"geodrop/poi"
	"geodrop/poi/decode"
)

// sourceFlags name a config.
type sourceFlags struct {
	Src string `placeholder:"SRC" env:"GEODROP_SRC" required:"" help:"Config: dir:PATH, a bundle; sqlite:PATH; mysql://USER:PASSWORD@HOST:PORT/DB, encrypted with ?tls=true; mysql+unix://USER:PASSWORD@/PATH.sock/DB. Give passwords by the environment."`
	CRS string `name:"crs" enum:"wgs84,gcj02,bd09" default:"wgs84" help:"Datum of places whose row names none: ${enum}."`
}

// open opens the source as it is now.
func (f *sourceFlags) open(r *run) (poi.Source, error) {
	if path, ok := strings.CutPrefix(f.Src, "dir:"); ok && path != "" {
		return openBundle(path, f.CRS)
	}
	warnPlain(r.log, f.Src)
	store, err := openStore(r.ctx, f.Src, false)
	if err != nil {
		return nil, err
	}
	snapshot, err := store.Snapshot(r.ctx)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	tracker, ok := snapshot.(poi.Tracker)
	if !ok {
		return nil, errors.Join(errors.New("the store does not keep track of changes"), snapshot.Close(), store.Close())
	}
	return &storeSource{tracker, store}, nil
}

// storeSource is a snapshot that closes its store.
type storeSource struct {
	poi.Tracker
	store poi.Store
}

func (s *storeSource) Close() error { return errors.Join(s.Tracker.Close(), s.store.Close()) }

// openBundle opens a bundle whose places without a datum have this one.
func openBundle(path, datum string) (*decode.Bundle, error) {
	crs, err := coord.ParseCRS(datum)
	if err != nil {
		return nil, usage{err}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil, fmt.Errorf("there is no folder %s", path)
	case err != nil:
		return nil, fmt.Errorf("open the config: %w", err)
	case !info.IsDir():
		return nil, usage{fmt.Errorf("%s is a file: a bundle is a folder", path)}
	}
	bundle, err := decode.Open(path, decode.Options{CRS: crs})
	if errors.Is(err, decode.ErrFormat) {
		return nil, notRight{err}
	}
	if err != nil {
		return nil, err
	}
	return bundle, nil
}

// openStore opens a store, and with create makes it, or brings it up to date.
func openStore(ctx context.Context, src string, create bool) (*sqlstore.Store, error) {
	if path, ok := strings.CutPrefix(src, "sqlite:"); ok && path != "" {
		return sqlite.Open(ctx, path, sqlite.Options{Create: create})
	}
	if strings.HasPrefix(src, "mysql://") || strings.HasPrefix(src, "mysql+unix://") {
		s, err := mysql.Open(ctx, src, mysql.Options{Create: create})
		if errors.Is(err, mysql.ErrAddress) {
			return nil, usage{err}
		}
		return s, err
	}
	return nil, unknownSource(src)
}

// warnPlain tells of a database that others can listen to. It is for those who
// open a store, once: who connects to it again has nothing new to say.
func warnPlain(log *slog.Logger, src string) {
	address, err := mysql.Parse(src)
	if err != nil || !address.Plain() { // what is wrong with it is said when it is opened
		return
	}
	log.Warn("what is sent to the database and comes from it is not encrypted: add ?tls=true to its address, or ?tls=false where nobody can listen in", "database", address.String())
}

// hinted adds what to do where a database words a refusal so that nobody knows.
func hinted(err error) error {
	switch {
	case mysql.StatementsLogged(err):
		return fmt.Errorf("%w; SET GLOBAL binlog_format = MIXED on the server, or ROW: geodrop guide database says why", err)
	case !mysql.Denied(err):
		return err
	}
	return fmt.Errorf("%w; the account may lack a right, or has to encrypt with ?tls=true: geodrop guide database has the accounts", err)
}

func unknownSource(src string) error {
	return usage{fmt.Errorf("a config is dir:PATH, sqlite:PATH, mysql://… or mysql+unix://…, this is %s", redacted(src))}
}

// follow is the config for those who follow its changes. One that cannot be
// opened now may be later; one that is none never.
func (f *sourceFlags) follow(log *slog.Logger) (publish.Config, error) {
	warnPlain(log, f.Src)
	kind, path, _ := strings.Cut(f.Src, ":")
	switch kind {
	case "dir":
		path, err := wholePath(path)
		return &publish.Bundle{Path: path, Reopen: func() (poi.Source, error) { return openBundle(path, f.CRS) }}, err
	case "sqlite":
		path, err := wholePath(path)
		return &publish.Store{Name: "sqlite:" + path, File: path, Connect: f.connect}, err
	case "mysql", "mysql+unix":
		address, err := mysql.Parse(f.Src)
		if err != nil {
			return nil, usage{err}
		}
		return &publish.Store{Name: address.String(), Connect: f.connect}, nil
	}
	return nil, unknownSource(f.Src)
}

func (f *sourceFlags) connect(ctx context.Context) (*sqlstore.Store, error) {
	return openStore(ctx, f.Src, false)
}

func wholePath(path string) (string, error) {
	if path == "" {
		return "", usage{errors.New("--src names no path")}
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("find the config: %w", err)
	}
	return whole, nil
}

// redacted is what may be printed of a source: no password.
func redacted(src string) string {
	kind, _, ok := strings.Cut(src, ":")
	if !ok {
		return fmt.Sprintf("%q", src)
	}
	return fmt.Sprintf("%q and more", kind+":")
}
