package publish

import (
	"context"
	"errors"
	"fmt"
	"os"

	"geodrop/data/sqlstore"
	"geodrop/poi"
)

// Store is a config in a database that stays open: a look costs some small
// queries. Connections that are lost are made anew.
type Store struct {
	Name    string // of the database, without a password: part of the origin
	File    string // in which it is; empty for one behind a network
	Connect func(ctx context.Context) (*sqlstore.Store, error)

	store *sqlstore.Store
	file  os.FileInfo // when it was opened
}

// State is the change sequence of the database.
func (s *Store) State(ctx context.Context) (State, error) {
	store, err := s.open(ctx)
	if err != nil {
		return State{}, err
	}
	state, err := store.State(ctx)
	if err != nil {
		return State{}, err
	}
	return State{Revision: state.Revision, Origin: s.Name + " made " + state.Made}, nil
}

// Open takes a snapshot.
func (s *Store) Open(ctx context.Context) (poi.Source, error) {
	store, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	return store.Snapshot(ctx)
}

// Close closes the database.
func (s *Store) Close() error {
	if s.store == nil {
		return nil
	}
	store := s.store
	s.store = nil
	return store.Close()
}

// open is the open store; another one when another file has taken the place of
// the one that was opened, which would be read on.
func (s *Store) open(ctx context.Context) (*sqlstore.Store, error) {
	file, err := s.stat()
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.store != nil && (file == nil || os.SameFile(file, s.file)) {
		return s.store, nil
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	if s.store, err = s.Connect(ctx); err != nil {
		s.store = nil
		return nil, err
	}
	s.file = file
	return s.store, nil
}

func (s *Store) stat() (os.FileInfo, error) {
	if s.File == "" {
		return nil, nil
	}
	info, err := os.Stat(s.File)
	if err != nil {
		return nil, fmt.Errorf("look at the config: %w", err)
	}
	return info, nil
}
