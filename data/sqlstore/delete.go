package sqlstore

import (
	"context"
	"fmt"
	"strings"

	"geodrop/poi"
)

func (t *transaction) DeleteMerchants(ctx context.Context, ids []poi.MerchantID) error {
	return remove(ctx, t, ids, "merchants.id")
}

func (t *transaction) DeletePrizes(ctx context.Context, ids []poi.PrizeID) error {
	return remove(ctx, t, ids, "prizes.id")
}

func (t *transaction) DeleteTasks(ctx context.Context, ids []poi.TaskID) error {
	return remove(ctx, t, ids, "tasks.id", "task_prizes.task", "quotas.task")
}

func (t *transaction) DeleteSets(ctx context.Context, ids []poi.SetID) error {
	if err := t.log.note(ctx, "set", texts(ids)); err != nil {
		return err
	}
	for _, id := range ids {
		if err := t.log.members(ctx, string(id)); err != nil {
			return err
		}
	}
	return remove(ctx, t, ids, "poi_sets.id", "set_members.set_id")
}

func (t *transaction) DeletePOIs(ctx context.Context, ids []poi.POIID) error {
	if err := t.log.pois(ctx, texts(ids)); err != nil {
		return err
	}
	return remove(ctx, t, ids, "pois.id", "set_members.poi_id")
}

func (t *transaction) DeleteMemberships(ctx context.Context, memberships []poi.Membership) error {
	ids := make([]string, len(memberships))
	for i, m := range memberships {
		ids[i] = string(m.POI)
	}
	if err := t.log.note(ctx, "member", ids); err != nil {
		return err
	}
	for _, m := range memberships {
		if err := t.exec(ctx, "DELETE FROM set_members WHERE poi_id = ? AND set_id = ?", string(m.POI), string(m.Set)); err != nil {
			return fmt.Errorf("table set_members: %w", err)
		}
	}
	return nil
}

func (t *transaction) DeleteDistricts(ctx context.Context, ids []poi.Adcode) error {
	if err := t.log.note(ctx, "district", []string{""}); err != nil {
		return err
	}
	return remove(ctx, t, ids, "districts.adcode")
}

func (t *transaction) DeleteZones(ctx context.Context, ids []poi.ZoneID) error {
	if err := t.log.note(ctx, "zone", []string{""}); err != nil {
		return err
	}
	return remove(ctx, t, ids, "zones.id")
}

// remove deletes the rows of each key from tables, given as "table.column".
func remove[K ~string](ctx context.Context, t *transaction, ids []K, columns ...string) error {
	if err := t.lock(ctx); err != nil {
		return err
	}
	for _, id := range ids {
		for _, c := range columns {
			table, column, _ := strings.Cut(c, ".")
			if err := t.exec(ctx, "DELETE FROM "+table+" WHERE "+column+" = ?", string(id)); err != nil {
				return fmt.Errorf("table %s: %w", table, err)
			}
		}
	}
	return nil
}
