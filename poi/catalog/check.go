package catalog

import (
	"fmt"

	"geodrop/poi"
)

// Check holds the records against each other: the order that Catalog documents,
// no id twice, and the references from tasks and prizes. The error wraps
// ErrCorrupt and names the record.
func (c *Catalog) Check() error {
	if err := c.checkOrder(); err != nil {
		return err
	}
	merchants := make(map[poi.MerchantID]struct{}, len(c.Merchants))
	for i := range c.Merchants {
		merchants[c.Merchants[i].ID] = struct{}{}
	}
	prizes := make(map[poi.PrizeID]struct{}, len(c.Prizes))
	for i := range c.Prizes {
		p := &c.Prizes[i]
		if _, ok := merchants[p.Merchant]; !ok {
			return fmt.Errorf("%w: prize %q is of merchant %q, which is not there", ErrCorrupt, p.ID, p.Merchant)
		}
		prizes[p.ID] = struct{}{}
	}
	for i := range c.Tasks {
		t := &c.Tasks[i]
		if _, ok := merchants[t.Merchant]; !ok {
			return fmt.Errorf("%w: task %q is of merchant %q, which is not there", ErrCorrupt, t.ID, t.Merchant)
		}
		for _, p := range t.Prizes {
			if _, ok := prizes[p.Prize]; !ok {
				return fmt.Errorf("%w: task %q has prize %q, which is not there", ErrCorrupt, t.ID, p.Prize)
			}
		}
	}
	return nil
}

func (c *Catalog) checkOrder() error {
	if err := ascending("merchant", c.Merchants, func(m *poi.Merchant) string { return string(m.ID) }); err != nil {
		return err
	}
	if err := ascending("prize", c.Prizes, func(p *poi.Prize) string { return string(p.ID) }); err != nil {
		return err
	}
	if err := ascending("task", c.Tasks, func(t *poi.Task) string { return string(t.ID) }); err != nil {
		return err
	}
	if err := ascending("zone", c.Zones, func(z *Zone) string { return string(z.ID) }); err != nil {
		return err
	}
	seen := make(map[poi.Adcode]struct{}, len(c.Districts))
	for i := range c.Districts {
		id := c.Districts[i].Adcode
		if _, twice := seen[id]; twice {
			return fmt.Errorf("%w: district %q is there twice", ErrCorrupt, id)
		}
		seen[id] = struct{}{}
	}
	return nil
}

// ascending checks that the ids of the records ascend.
func ascending[T any](what string, records []T, id func(*T) string) error {
	for i := 1; i < len(records); i++ {
		if before, now := id(&records[i-1]), id(&records[i]); before >= now {
			return fmt.Errorf("%w: %s %q comes after %q", ErrCorrupt, what, now, before)
		}
	}
	return nil
}
