package poi

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"testing"
	"time"

	"geodrop/grid/coord"
)

func goodTask(t testing.TB) Task {
	return Task{
		ID: "t7", Title: "Lantern evening", Merchant: "m1", Set: AllPOIs,
		When:    mustSchedule(t, "Asia/Shanghai", "2027-01-01T00:00:00Z", "2027-02-01T00:00:00Z", "20:00-22:00"),
		Preview: 15 * time.Minute, ClaimRadius: 50,
		Caps:   Caps{PerDay: 3, Total: 10, Cooldown: time.Minute},
		Prizes: []TaskPrize{{"p1", 90}, {"p2", 10}},
		Quotas: []Quota{{"p1", "110101", 1000}, {"p1", AnyDistrict, 50}, {"p1", "110102", 0}, {"p2", "110101", 5}},
	}
}

func TestTaskCheck(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Task)
		field string
		code  Code
	}{
		{"good", func(*Task) {}, "", ""},
		{"no id", func(t *Task) { t.ID = "" }, "id", CodeMissing},
		{"control in the title", func(t *Task) { t.Title = "a\x00b" }, "title", CodeControl},
		{"no merchant", func(t *Task) { t.Merchant = "" }, "merchant", CodeMissing},
		{"no set", func(t *Task) { t.Set = "" }, "poi_set", CodeMissing},
		{"no start", func(t *Task) { t.When.Start = time.Time{} }, "starts_at", CodeMissing},
		{"no end", func(t *Task) { t.When.End = time.Time{} }, "ends_at", CodeMissing},
		{"reversed", func(t *Task) { t.When.Start, t.When.End = t.When.End, t.When.Start }, "ends_at", CodeOrder},
		{"negative preview", func(t *Task) { t.Preview = -1 }, "preview", CodeRange},
		{"long preview", func(t *Task) { t.Preview = MaxPreview + 1 }, "preview", CodeRange},
		{"no radius", func(t *Task) { t.ClaimRadius = 0 }, "claim_radius_m", CodeRange},
		{"NaN radius", func(t *Task) { t.ClaimRadius = coord.Metres(math.NaN()) }, "claim_radius_m", CodeRange},
		{"wide radius", func(t *Task) { t.ClaimRadius = 396 }, "claim_radius_m", CodeRange},
		{"cap per day", func(t *Task) { t.Caps.PerDay = MaxCap + 1 }, "caps.per_day", CodeRange},
		{"cap", func(t *Task) { t.Caps.Total = MaxCap + 1 }, "caps.total", CodeRange},
		{"cooldown", func(t *Task) { t.Caps.Cooldown = -1 }, "caps.cooldown", CodeRange},
		{"priority", func(t *Task) { t.Priority = math.MinInt32 }, "priority", CodeRange},
		{"no prizes", func(t *Task) { t.Prizes = nil }, "prizes", CodeMissing},
		{"many prizes", func(t *Task) { t.Prizes = make([]TaskPrize, MaxTaskPrizes+1) }, "prizes", CodeTooMany},
		{"no weight", func(t *Task) { t.Prizes[1].Weight = 0 }, "prizes[1].weight", CodeRange},
		{"prize twice", func(t *Task) { t.Prizes[1].Prize = "p1" }, "prizes[1].prize", CodeDuplicate},
		{"quota of another prize", func(t *Task) { t.Quotas[1].Prize = "p3" }, "quotas[1].prize", CodeDangling},
		{"quota without district", func(t *Task) { t.Quotas[1].District = "" }, "quotas[1].district", CodeMissing},
		{"2⁶³ units", func(t *Task) { t.Quotas[1].Units = 1 << 63 }, "quotas[1].units", CodeRange},
		{"quota twice", func(t *Task) { t.Quotas[1].District = "110101" }, "quotas[1]", CodeDuplicate},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			task := goodTask(t)
			tt.spoil(&task)
			expectInvalid(t, task.Check(), tt.field, tt.code)
		})
	}
}

func expectInvalid(t *testing.T, err error, field string, code Code) {
	t.Helper()
	var got Invalid
	if inv, ok := errors.AsType[*Invalid](err); ok {
		got = *inv
	} else if err != nil {
		t.Fatalf("%v is no *Invalid", err)
	}
	if got.Field != field || got.Code != code {
		t.Errorf("got %v (field %q, code %q), want field %q, code %q", err, got.Field, got.Code, field, code)
	}
}

func TestQuotaFor(t *testing.T) {
	task := goodTask(t)
	tests := []struct {
		prize    PrizeID
		district Adcode
		want     int
	}{
		{"p1", "110101", 0},
		{"p1", "999999", 1},
		{"p1", "", 1},
		{"p1", "110102", 2},
		{"p2", "110101", 3},
		{"p2", "999999", -1},
		{"p3", "110101", -1},
	}
	for _, tt := range tests {
		if got := task.QuotaFor(tt.prize, tt.district); got != tt.want {
			t.Errorf("QuotaFor(%s, %q) = %d, want %d", tt.prize, tt.district, got, tt.want)
		}
	}
	for district, want := range map[Adcode]bool{"110101": true, "999999": true, "": true, "110102": false} {
		if got := task.DropsIn(district); got != want {
			t.Errorf("DropsIn(%q) = %v, want %v", district, got, want)
		}
	}
	task.Quotas = task.Quotas[:1]
	if task.DropsIn("999999") {
		t.Error("drops in a district without a quota")
	}
}

func TestTaskJSON(t *testing.T) {
	want := goodTask(t)
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got Task
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s\nread back as %+v", text, got)
	}
}
