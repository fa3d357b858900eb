package origin

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// settleWaves brings pointers and marks together where a process died, or the disk
// failed, between the two. A channel that cannot be settled holds no other up.
func (o *Origin) settleWaves() error {
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(o.channels)) {
		if err := o.settleWave(name, o.channels[name]); err != nil {
			errs = append(errs, fmt.Errorf("go on with the wave of channel %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

func (o *Origin) settleWave(name string, c channel) (err error) {
	w := o.marks.Channels[name].Wave
	switch {
	case w == nil && !c.served():
	case w == nil:
		if _, err = o.hideWave(name); err == nil {
			err = o.launchNext(name)
		}
	case !c.served():
		err = o.note(name, func(c *channelMark) { c.Wave = nil })
	case o.find(w.Release) == nil:
		_, err = o.dropWave(name, func(*channelMark, string) {})
	case c.pointer.Release == w.Release:
		err = o.complete(name, w)
	case c.pointer.Wave.Release != w.Release || c.pointer.Wave.Share != w.Share:
		err = o.showWave(name, w)
	}
	return err
}
