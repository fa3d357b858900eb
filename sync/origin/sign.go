package origin

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"geodrop/sync/atomicfile"
	"geodrop/sync/manifest"
	"geodrop/sync/trust"
)

// lineageName is the file that names the history of the folder.
const lineageName = "lineage"

// lineage is the name of the history that the folder's versions count: that
// which is wanted, else the one of before, else a new one.
func (s *store) lineage(wanted string) (string, error) {
	if wanted != "" && !manifest.ValidLineage(wanted) {
		return "", fmt.Errorf("lineage %.80q: use letters, digits, '.', '-' and '_'", wanted)
	}
	b, err := os.ReadFile(s.in(lineageName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read lineage: %w", err)
	}
	before := strings.TrimSpace(string(b))
	switch {
	case wanted == before && before != "":
		return before, nil
	case wanted == "" && manifest.ValidLineage(before):
		return before, nil
	case wanted == "":
		var random [8]byte
		_, _ = rand.Read(random[:]) // it never fails
		wanted = hex.EncodeToString(random[:])
	}
	return wanted, atomicfile.Write(s.dir, lineageName, []byte(wanted+"\n"))
}

// issue is the pointer as it is sent from now on, until it is renewed.
func (o *Origin) issue(p manifest.Pointer) (channel, error) {
	p.Lineage, p.Issued, p.Expires = o.lineage, time.Time{}, time.Time{}
	if len(o.options.Keys) > 0 {
		p.Issued = o.options.Now().UTC()
		p.Expires = p.Issued.Add(o.options.Validity)
	}
	s, err := trust.Seal(p, o.options.Keys)
	if err != nil {
		return channel{}, err
	}
	return newChannel(s.Pointer, s.Body), nil
}

// reissue issues what the folder has anew, where another origin, other keys or
// another lineage did.
func (o *Origin) reissue() error {
	for name, c := range o.channels {
		if !c.served() {
			continue
		}
		s, err := trust.Open(c.body)
		if err == nil && s.Lineage == o.lineage && s.SignedBy(o.options.Keys) && !o.due(s.Pointer) {
			continue
		}
		if c, err = o.issue(c.pointer); err == nil {
			err = o.store.point(c)
		}
		if err != nil {
			return fmt.Errorf("sign channel %s: %w", name, err)
		}
		o.channels[name] = c
	}
	return nil
}

// due reports whether a pointer is to be renewed: a third of its time is over,
// so that nodes keep two for an origin that is away.
func (o *Origin) due(p manifest.Pointer) bool {
	return !p.Expires.IsZero() && o.options.Now().Sub(p.Issued) > o.options.Validity/3
}

// whenDue tells when the pointer of a channel, as it is now, is to be renewed.
func (o *Origin) whenDue(name string) (due <-chan time.Time, stop func()) {
	c, _ := o.channel(name)
	if !c.served() || c.pointer.Expires.IsZero() {
		return nil, func() {}
	}
	timer := time.NewTimer(c.pointer.Issued.Add(o.options.Validity/3 + 1).Sub(o.options.Now()))
	return timer.C, func() { timer.Stop() }
}

// renew issues the pointer of a channel again when that is due, at the same
// version. While a release is being published it leaves that for later.
func (o *Origin) renew(name string) {
	if c, _ := o.channel(name); !c.served() || !o.due(c.pointer) || !o.writing.TryLock() {
		return
	}
	defer o.writing.Unlock()
	c, _ := o.channel(name)
	if !c.served() || !o.due(c.pointer) {
		return
	}
	c, err := o.issue(c.pointer)
	if err == nil {
		err = o.store.point(c)
	}
	if err != nil {
		o.options.Log.Error("a channel is not renewed; nodes will say that it is stale", "channel", name, "expires", c.pointer.Expires, "error", err)
		return
	}
	o.step("renewed")
	o.move(name, c)
}
