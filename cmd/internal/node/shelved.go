package node

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"geodrop/api/query"
	"geodrop/api/server"
	"geodrop/sync/manifest"
)

// linger is how long a release of the shelf stays open that nobody looks into:
// who moves through time asks the same one again at once.
const linger = 10 * time.Second

// shelved opens the releases in the subfolders of a folder, one at a time: each
// takes memory, and what is served comes first. Those who ask for the one that is
// open share it; others wait until nobody looks into it.
//
//	Take ─► opening ─► open ◄─► Done by the last ─┬─► linger is over ──────► closed
//	                                              └─► another is asked for ─►
type shelved struct {
	dir     string
	open    func(dir string) (*query.Release, error)
	mutex   sync.Mutex
	present *lent         // nil: none
	moved   chan struct{} // closed, and made anew, when present may give way
	stopped bool
	opening sync.WaitGroup
}

func newShelved(dir string, now func() time.Time) *shelved {
	return &shelved{dir: dir, moved: make(chan struct{}), open: func(dir string) (*query.Release, error) {
		return query.Open(dir, query.Options{Now: now})
	}}
}

// Take opens a release once it is its turn. Opening goes on when the context is
// done: who comes back soon finds it open.
func (s *shelved) Take(ctx context.Context, id string) (server.Held, error) {
	l, err := s.await(ctx, id)
	if err != nil {
		return nil, err
	}
	select {
	case <-l.opened:
	case <-ctx.Done():
		l.Done()
		return nil, fmt.Errorf("open a release of the shelf: %w", ctx.Err())
	}
	if l.err != nil {
		l.Done()
		return nil, l.err
	}
	return l, nil
}

// await waits for the turn of a release, which may still be opening then.
func (s *shelved) await(ctx context.Context, id string) (*lent, error) {
	for {
		l, moved, err := s.turn(id)
		if l != nil || err != nil {
			return l, err
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for a release of the shelf: %w", ctx.Err())
		}
	}
}

// turn adds one who uses a release, or is nil with what tells when to ask again.
func (s *shelved) turn(id string) (*lent, <-chan struct{}, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.stopped {
		return nil, nil, server.ErrNotAtHand
	}
	if l := s.present; l != nil && l.id != id {
		if !l.idle() {
			return nil, s.moved, nil
		}
		s.drop(l)
	}
	if s.present == nil {
		l := &lent{id: id, shelf: s, opened: make(chan struct{})}
		s.present = l
		s.opening.Go(func() { s.finish(l) })
	}
	s.present.users++
	return s.present, nil, nil
}

// finish opens a release.
func (s *shelved) finish(l *lent) {
	r, err := s.find(l.id)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	l.release, l.err = r, err
	close(l.opened)
	if l.idle() || err != nil {
		s.rest(l)
	}
}

// find looks through the folders: what they are called is for their owner.
func (s *shelved) find(id string) (*query.Release, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("list the releases: %w", err)
	}
	for _, e := range entries {
		dir := filepath.Join(s.dir, e.Name())
		if m, err := manifest.Read(dir); err == nil && m.ID == id { // others may be on their way
			return s.open(dir)
		}
	}
	return nil, server.ErrNotAtHand
}

// rest keeps a release that nobody uses for a while, if it is fit for that, and
// lets others in. The mutex is held.
func (s *shelved) rest(l *lent) {
	if l.err != nil || l.release.Damaged() != nil {
		s.drop(l)
		return
	}
	l.rested++
	round := l.rested
	time.AfterFunc(linger, func() { s.expire(l, round) })
	s.wake()
}

// expire closes a release that rests since a round.
func (s *shelved) expire(l *lent, round int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.present == l && l.idle() && l.rested == round {
		s.drop(l)
	}
}

// drop closes the present release. The mutex is held.
func (s *shelved) drop(l *lent) {
	if s.present != l {
		return
	}
	if l.release != nil {
		_ = l.release.Close() // it was read; there is nothing to lose
	}
	s.present = nil
	s.wake()
}

func (s *shelved) wake() {
	close(s.moved)
	s.moved = make(chan struct{})
}

// close lets nobody in any more, and waits for what is being opened and for those
// who use it.
func (s *shelved) close() {
	s.mutex.Lock()
	s.stopped = true
	s.mutex.Unlock()
	s.opening.Wait()
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for s.present != nil && !s.present.idle() {
		moved := s.moved
		s.mutex.Unlock()
		<-moved
		s.mutex.Lock()
	}
	if s.present != nil {
		s.drop(s.present)
	}
}

// lent is a release of the shelf while it is open, or is being opened. Its fields
// but those from opened on are under the mutex of the shelf.
type lent struct {
	id     string
	shelf  *shelved
	users  int
	rested int // times that the last user left

	opened  chan struct{} // closed when what follows is there
	release *query.Release
	err     error
}

// idle tells whether it is open and nobody uses it.
func (l *lent) idle() bool {
	select {
	case <-l.opened:
		return l.users == 0
	default:
		return false
	}
}

// Release is the open release.
func (l *lent) Release() *query.Release { return l.release }

// Since is zero: it is not served.
func (l *lent) Since() time.Time { return time.Time{} }

// Outlines are not drawn for it.
func (l *lent) Outlines() ([]byte, error) { return nil, nil }

// Done lets others in once the last user is done.
func (l *lent) Done() {
	l.shelf.mutex.Lock()
	defer l.shelf.mutex.Unlock()
	if l.users--; l.idle() {
		l.shelf.rest(l)
	}
}
