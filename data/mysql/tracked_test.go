package mysql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"geodrop/data/sqlstore"
	"geodrop/grid/coord"
	"geodrop/poi"
)

// TestTracked has many write at once, in bulk, by the row and as other clients,
// mostly the same places, while a reader follows what is told to have changed.
// In each snapshot it has then what a reading of everything has, and a sequence
// that stood still tells that nothing changed.
func TestTracked(t *testing.T) {
	name := database(t)
	s, err := Open(t.Context(), server.Address(name), Options{Create: true, Store: sqlstore.Options{Bulk: 1, Attempts: 100, Backoff: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const each = 12
	var writers sync.WaitGroup
	for n := range 2 {
		random := func(kind uint64) *rand.Rand { return rand.New(rand.NewPCG(kind, uint64(n))) }
		writers.Go(func() {
			random := random(1)
			for range each {
				if err := s.WriteBulk(t.Context(), 2, scatter(random, 20)); err != nil {
					t.Error(err)
				}
			}
		})
		writers.Go(func() {
			random := random(2)
			for range 4 * each {
				if err := s.Write(t.Context(), scatter(random, 1)); err != nil {
					t.Error(err)
				}
			}
		})
		o := newOther(t, name)
		writers.Go(func() {
			random := random(3)
			for range 4 * each {
				o.scatter(random)
			}
		})
	}
	defer writers.Wait()
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	f := follower{t: t, s: s, known: map[poi.POIID]coord.E7{}}
	for over := false; !over; {
		select {
		case <-done:
			over = true // once more
		default:
		}
		f.follow()
	}
	if f.told == 0 {
		t.Errorf("of %d snapshots none was told what changed", f.snapshots)
	}
}

// scattered is how many places there are at most.
const scattered = 60

// scatter puts some places, and now and then takes one away.
func scatter(random *rand.Rand, times int) func(context.Context, poi.Writer) error {
	seed := random.Uint64()
	return func(ctx context.Context, w poi.Writer) error {
		random := rand.New(rand.NewPCG(seed, 0))
		for range times {
			id := poi.POIID(fmt.Sprint("p", random.IntN(scattered)))
			if random.IntN(5) == 0 {
				if err := w.DeletePOIs(ctx, []poi.POIID{id}); err != nil {
					return err
				}
				continue
			}
			row := poi.POIRow{POI: poi.POI{ID: id, Pos: coord.E7{Lat: random.Int32N(1e6)}}}
			if err := w.PutPOIs(ctx, []poi.POIRow{row}); err != nil {
				return err
			}
		}
		return nil
	}
}

// scatter is a statement, again while another writer is in its way.
func (o *other) scatter(random *rand.Rand) {
	id, lat := random.IntN(scattered), random.IntN(1e6)
	statement := []string{
		fmt.Sprintf("REPLACE INTO pois (id, lat_e7, lng_e7) VALUES ('p%d', %d, 0)", id, lat),
		fmt.Sprintf("UPDATE pois SET lat_e7 = %d WHERE id = 'p%d'", lat, id),
		fmt.Sprintf("DELETE FROM pois WHERE id = 'p%d'", id),
	}[random.IntN(3)]
	for {
		err := o.run(statement)
		if err == nil {
			return
		}
		if !transient(err) {
			o.t.Error(err)
			return
		}
	}
}

// follower knows where all places are from what it is told.
type follower struct {
	t               *testing.T
	s               poi.Store
	mark            poi.Mark
	sequence        uint64
	known           map[poi.POIID]coord.E7
	snapshots, told int
}

func (f *follower) follow() {
	f.t.Helper()
	source, err := f.s.Snapshot(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	defer source.Close()
	src := source.(poi.Tracker)
	revision, err := src.Revision(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	there := map[poi.POIID]coord.E7{}
	for batch, err := range src.POIs(f.t.Context()) {
		if err != nil {
			f.t.Fatal(err)
		}
		for i := range batch.Rows {
			there[batch.Rows[i].ID] = batch.Rows[i].Pos
		}
	}
	if f.snapshots++; revision.Sequence == f.sequence && !maps.Equal(f.known, there) {
		f.t.Errorf("the sequence is still %d, and the places are others", f.sequence)
	}
	switch err := f.apply(src); {
	case errors.Is(err, poi.ErrUntracked):
		f.known = there
	case err != nil:
		f.t.Fatal(err)
	case !maps.Equal(f.known, there):
		f.t.Fatalf("snapshot %d, sequence %d after %d: told of are %v, there are %v", f.snapshots, revision.Sequence, f.sequence, f.known, there)
	default:
		f.told++
	}
	f.sequence = revision.Sequence
	if f.mark, err = src.Mark(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// apply brings what is known up to date.
func (f *follower) apply(src poi.Tracker) error {
	changes, err := src.ChangesSince(f.t.Context(), f.mark)
	if err != nil {
		return err
	}
	for c, err := range changes.POIs {
		if err != nil {
			return err
		}
		if was, known := f.known[c.ID]; known != (c.Was != nil) || known && was != *c.Was {
			f.t.Errorf("POI %s was at %v, it is told to have been at %v", c.ID, was, c.Was)
		}
		delete(f.known, c.ID)
		if c.Now != nil {
			f.known[c.ID] = c.Now.Pos
		}
	}
	return nil
}
