//go:build realdata

package rule

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"geodrop/poi"
	"geodrop/poi/decode"
)

// campaigns is the real data with ten tasks that drop at every place, with a
// quota in every district and a budget that these agree with.
type campaigns struct {
	*decode.Bundle
	config *poi.Config
}

func (c campaigns) Config(context.Context) (*poi.Config, error) { return c.config, nil }

const (
	realTasks     = 10
	realDistricts = 2874 + 3230
	realUnits     = 100 // of a prize in a district
	realPool      = 1000
)

func newCampaigns(t *testing.T) campaigns {
	t.Helper()
	dir := os.Getenv("GEODROP_DATA")
	if dir == "" {
		t.Fatal("GEODROP_DATA is not set: point it to the folder with the real data, or drop the tag realdata")
	}
	b, err := decode.Open(dir, decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	c := campaigns{b, &poi.Config{Merchants: []poi.Merchant{{ID: "m", Name: "Merchant", Attrs: []poi.Attr{{Name: "max_per_second", Value: "1000"}}}}}}
	var codes []poi.Adcode
	for d, err := range b.Districts(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, d.Adcode)
	}
	for i := range realTasks {
		c.add(i, codes)
	}
	return c
}

func (c campaigns) add(i int, codes []poi.Adcode) {
	prize := poi.PrizeID(fmt.Sprintf("p%d", i))
	c.config.Prizes = append(c.config.Prizes, poi.Prize{ID: prize, Name: "Prize", Kind: poi.Cash, Merchant: "m",
		Value: 100, Currency: "CNY", Units: uint64(len(codes)*realUnits + realPool)})
	session := poi.Session{Start: poi.ClockTime(60 * i), End: poi.ClockTime(60*i + 60)}
	task := poi.Task{ID: poi.TaskID(fmt.Sprintf("t%d", i)), Title: "Campaign", Merchant: "m", Set: poi.AllPOIs, ClaimRadius: 50,
		When:   poi.Schedule{Start: now.AddDate(-1, 0, 0), End: now.AddDate(1, 0, 0), Sessions: []poi.Session{session}},
		Prizes: []poi.TaskPrize{{Prize: prize, Weight: 1}}, Quotas: []poi.Quota{{Prize: prize, District: poi.AnyDistrict, Units: realPool}}}
	for _, code := range codes {
		task.Quotas = append(task.Quotas, poi.Quota{Prize: prize, District: code, Units: realUnits})
	}
	c.config.Tasks = append(c.config.Tasks, task)
}

// The whole real data with tasks: what is odd in it is found and counted to the
// last, within the time and the memory that CI has.
func TestRealDataIsValidated(t *testing.T) {
	src := newCampaigns(t)
	start := time.Now()
	r, err := Validate(context.Background(), src, Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d POIs in %v, peak %d MiB", r.POIs, time.Since(start).Round(time.Millisecond), peakMiB(t))
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
	if peak := peakMiB(t); peak > 1024 {
		t.Errorf("it took %d MiB", peak)
	}
	if r.POIs != 1_385_084 || r.Districts != realDistricts || r.Zones != 22_886 {
		t.Errorf("read %d POIs, %d districts, %d zones", r.POIs, r.Districts, r.Zones)
	}
	want := map[string]int64{
		"text-control": 4, "name-empty": 24_704, "name-long": 36, "text-bidi": 6, "text-formula": 2, "quota-without-pois": realTasks,
		idDuplicate: 0, idDangling: 0, "dangling-district": 0, "quota-over-budget": 0, "quota-under-budget": 0, "pois-without-tasks": 0,
		"window-overlap": 0, "pace-over-business": 0, "config-empty": 0,

		"district-seam": 1, "district-overlap": 97, "dense-cell": 24, "shared-point": 2, "near-duplicate": 43_412, "poi-country": 16,
		"poi-coordinates": 0, "poi-zero": 0, "poi-swapped": 0, "poi-district": 0, "datum": 0, "datum-shift": 0, "bad-geometry": 0,
		"district-shape": 0, "zone-places": 1, "zone-hours": 0, "tile-hash": 0,
	}
	for _, total := range r.Totals {
		if n, ok := want[total.Rule.ID]; ok && total.Count != n {
			t.Errorf("rule %s finds %d, want %d", total.Rule.ID, total.Count, n)
		}
	}
}

// peakMiB is the most memory that the process had.
func peakMiB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib >> 10
}
