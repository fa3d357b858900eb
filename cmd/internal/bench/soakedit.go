package bench

import (
	"context"
	"errors"
	"fmt"

	"geodrop/poi"
)

// soakConfig is what a soak knows of the config that it edits.
type soakConfig struct {
	pois  []poi.POIRow
	tasks []poi.Task
}

func readConfig(ctx context.Context, store poi.Store) (c *soakConfig, err error) {
	src, err := store.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	config, err := src.Config(ctx)
	if err != nil {
		return nil, err
	}
	c = &soakConfig{tasks: config.Tasks}
	for batch, err := range src.POIs(ctx) {
		if err != nil {
			return nil, err
		}
		c.pois = append(c.pois, batch.Rows...)
	}
	if len(c.pois) == 0 || len(c.tasks) == 0 {
		return nil, errors.New("the config has no places or no tasks")
	}
	return c, nil
}

// edit changes something else each time, as operators do.
func (s *soak) edit(ctx context.Context, c *soakConfig) error {
	return every(ctx, s.opts.Edit, func() error { return s.editOnce(ctx, c) })
}

func (s *soak) editOnce(ctx context.Context, c *soakConfig) error {
	err := s.store.Write(ctx, func(ctx context.Context, w poi.Writer) error { return c.change(ctx, w, s.edits) })
	if err == nil {
		s.edits++
	}
	return err
}

// change is an edit by its number.
func (c *soakConfig) change(ctx context.Context, w poi.Writer, no int) error {
	place, task := c.pois[no%len(c.pois)], c.tasks[no%len(c.tasks)]
	extra := place
	extra.ID = "soak-extra"
	switch no % 5 {
	case 0:
		place.Name = fmt.Sprintf("%s (%d)", place.Name, no)
		return w.PutPOIs(ctx, []poi.POIRow{place})
	case 1:
		task.Paused = no%2 == 1
		return w.PutTasks(ctx, []poi.Task{task})
	case 2:
		return w.PutPOIs(ctx, []poi.POIRow{extra})
	case 3:
		task.Title = fmt.Sprintf("%s (%d)", task.Title, no)
		return w.PutTasks(ctx, []poi.Task{task})
	}
	return w.DeletePOIs(ctx, []poi.POIID{extra.ID})
}
