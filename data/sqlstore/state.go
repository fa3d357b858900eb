package sqlstore

import (
	"context"

	"geodrop/data/schema"
	"geodrop/poi"
)

// State is what tells one state of a store from another without a snapshot.
type State struct {
	Revision poi.Revision // that of a snapshot taken now
	Made     string       // when the tables were: another store in the same place has another
}

// State is that of this moment. The error wraps that of Check where the schema
// is not the one of this program.
func (s *Store) State(ctx context.Context) (State, error) {
	if err := s.Check(ctx); err != nil {
		return State{}, err
	}
	made, err := schema.Made(ctx, s.db)
	if err != nil {
		return State{}, s.wrap("read", err)
	}
	sequence, err := s.Sequence(ctx)
	return State{Revision: poi.Revision{Kind: string(s.e.Dialect), Sequence: sequence}, Made: made}, err
}
