package catalog

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"geodrop/poi"
)

// sample is a catalog with every kind of record and every optional field.
func sample(t testing.TB) *Catalog {
	t.Helper()
	shanghai, err := poi.ParseTimeZone("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2027, 1, 1, 20, 0, 0, 123, time.FixedZone("", 8*3600))
	return &Catalog{
		Merchants: []poi.Merchant{{ID: "m1", Name: "Lo & Co <\u2028>"}, {ID: "m2", Attrs: []poi.Attr{{Name: "vat", Value: "1"}}}},
		Prizes: []poi.Prize{
			{ID: "p1", Name: "Packet", Kind: poi.Cash, Merchant: "m1", Value: 188, Currency: "CNY", Units: 7},
			{ID: "p2", Kind: "sticker", Merchant: "m2", Attrs: []poi.Attr{{Name: "art", Value: "虎"}}},
		},
		Tasks: []poi.Task{{
			ID: "t1", Title: "Evening", Merchant: "m1", Set: "parks",
			When: poi.Schedule{
				Start: start, End: start.AddDate(0, 1, 0), TimeZone: shanghai,
				Sessions: []poi.Session{{Start: 20 * 60, End: 24 * 60}, {Days: 1 << time.Friday, Start: 0, End: 30}},
			},
			Preview: time.Hour, ClaimRadius: 12.5, Caps: poi.Caps{PerDay: 1, Total: 2, Cooldown: time.Minute},
			Prizes: []poi.TaskPrize{{Prize: "p1", Weight: 1}, {Prize: "p2", Weight: 9}},
			Quotas: []poi.Quota{{Prize: "p1", District: poi.AnyDistrict, Units: poi.MaxUnits}, {Prize: "p2", District: "d2"}},
			Paused: true, Priority: -3,
		}},
		Districts: []District{{Adcode: "d2", Name: "B", Parent: "d"}, {Adcode: "d1", Name: "A"}},
		Zones: []Zone{{
			ID: "z1", Name: "School", Reason: "school",
			When: poi.Schedule{Sessions: []poi.Session{{Start: 8 * 60, End: 16 * 60}}},
		}},
	}
}

func encode(t testing.TB, c *Catalog) []byte {
	t.Helper()
	var b bytes.Buffer
	n, err := c.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo = %d, %v for %d bytes", n, err, b.Len())
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for name, c := range map[string]*Catalog{"empty": {}, "full": sample(t)} {
		t.Run(name, func(t *testing.T) {
			file := encode(t, c)
			got, err := Read(bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if again := encode(t, got); !bytes.Equal(again, file) {
				t.Errorf("read and written again:\n%s\nwant\n%s", again, file)
			}
			if len(got.Tasks) > 0 && !reflect.DeepEqual(got.Tasks[0].Quotas, c.Tasks[0].Quotas) {
				t.Errorf("quotas %v, want %v", got.Tasks[0].Quotas, c.Tasks[0].Quotas)
			}
			if !reflect.DeepEqual(got.Districts, c.Districts) {
				t.Errorf("districts %v, want %v", got.Districts, c.Districts)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	merchant := `{"merchant":{"id":"m","name":""}}` + "\n"
	prize := `{"prize":{"id":"p","name":"","kind":"cash","merchant":"m","value":0,"units":0}}` + "\n"
	district := `{"district":{"adcode":"d","name":""}}` + "\n"
	tests := []struct {
		name string
		file string
		says string
	}{
		{"empty line", "\n", "line 1: EOF"},
		{"no JSON", "{", "line 1: unexpected EOF"},
		{"null", "null", "line 1: 0 records"},
		{"no record", merchant + "{}", "line 2: 0 records"},
		{"two records", `{"merchant":{"id":"m","name":""},"district":{"adcode":"d","name":""}}`, "line 1: 2 records"},
		{"unknown record", `{"poi":{}}`, `line 1: json: unknown field "poi"`},
		{"unknown field", `{"merchant":{"id":"m","nom":""}}`, `unknown field "nom"`},
		{"two values", `{"district":{"adcode":"d","name":""}} {}`, "more than one value"},
		{"trailing brace", `{"district":{"adcode":"d","name":""}}}`, "more than one value"},
		{"bad merchant", `{"merchant":{"id":"","name":""}}`, "line 1: id is empty"},
		{"bad prize", merchant + `{"prize":{"id":"p","name":"","kind":"CASH","merchant":"m","value":0,"units":0}}`, "line 2: kind"},
		{"bad task", `{"task":{"id":"t"}}`, "line 1: merchant is empty"},
		{"bad district", `{"district":{"adcode":"*","name":""}}`, "line 1: adcode"},
		{"bad zone", `{"zone":{"id":"z","name":"","reason":"","when":{}}}`, "line 1: reason is empty"},
		{"bad time zone", `{"zone":{"id":"z","name":"","reason":"r","when":{"time_zone":"Mars"}}}`, "not an IANA time zone"},
		{"merchant twice", merchant + merchant, `merchant "m" comes after "m"`},
		{"order", `{"merchant":{"id":"n","name":""}}` + "\n" + merchant, `merchant "m" comes after "n"`},
		{"district twice", district + district, `district "d" is there twice`},
		{"dangling merchant", prize, `prize "p" is of merchant "m", which is not there`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Read(strings.NewReader(tt.file)); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Read = %v, want ErrCorrupt that says %q", err, tt.says)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		change func(c *Catalog)
		says   string
	}{
		{"in order", func(*Catalog) {}, ""},
		{"prize order", func(c *Catalog) { c.Prizes[0].ID = "p3" }, `prize "p2" comes after "p3"`},
		{"task twice", func(c *Catalog) { c.Tasks = append(c.Tasks, c.Tasks[0]) }, `task "t1" comes after "t1"`},
		{"zone twice", func(c *Catalog) { c.Zones = append(c.Zones, c.Zones[0]) }, `zone "z1" comes after "z1"`},
		{"task of nobody", func(c *Catalog) { c.Tasks[0].Merchant = "m3" }, `task "t1" is of merchant "m3"`},
		{"task without prize", func(c *Catalog) { c.Prizes = c.Prizes[:1] }, `task "t1" has prize "p2"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := sample(t)
			tt.change(c)
			err := c.Check()
			if tt.says == "" && err != nil || tt.says != "" && (!errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("Check = %v, want %q", err, tt.says)
			}
		})
	}
}

func TestReaderAndWriterErrors(t *testing.T) {
	if _, err := Read(iotest.ErrReader(io.ErrNoProgress)); !errors.Is(err, io.ErrNoProgress) || errors.Is(err, ErrCorrupt) {
		t.Errorf("Read = %v, want the error of the reader", err)
	}
	if _, err := sample(t).WriteTo(brokenWriter{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("WriteTo = %v, want the error of the writer", err)
	}
}

// What the writer accepts is what the reader accepts, byte for byte.
func TestLongestLine(t *testing.T) {
	c := &Catalog{Merchants: []poi.Merchant{{ID: "m"}, {ID: "n", Name: strings.Repeat("x", 100)}}}
	file := encode(t, c)
	line := len(file) - bytes.IndexByte(file, '\n') - 1
	for _, longest := range []int{line - 1, line, line + 1} {
		var b bytes.Buffer
		_, writing := c.write(&b, longest)
		_, reading := read(bytes.NewReader(file), longest)
		if fits := longest >= line; fits != (writing == nil) || fits != (reading == nil) {
			t.Errorf("lines of %d bytes, %d allowed: written %v, read %v", line, longest, writing, reading)
		}
		if writing != nil && !errors.Is(writing, bufio.ErrTooLong) {
			t.Errorf("written %v, want ErrTooLong", writing)
		}
		if reading != nil && (!errors.Is(reading, ErrCorrupt) || !strings.Contains(reading.Error(), "line 2: more than")) {
			t.Errorf("read %v, want ErrCorrupt in line 2", reading)
		}
	}
}

// The longest quota and the longest task without quotas are within the shares
// of them that maxLine is made of.
func TestLargestTaskFits(t *testing.T) {
	id := strings.Repeat("<", poi.MaxIDBytes)
	task := sample(t).Tasks[0]
	task.ID, task.Merchant, task.Set = poi.TaskID(id), poi.MerchantID(id), poi.SetID(id)
	task.Title = strings.Repeat("&", poi.MaxNameBytes)
	task.When.Sessions, task.Prizes = nil, nil
	for i := range poi.MaxSessions {
		task.When.Sessions = append(task.When.Sessions, poi.Session{Days: 1<<7 - 1, Start: poi.ClockTime(30 * i), End: poi.ClockTime(30*i + 29)})
	}
	for i := range poi.MaxTaskPrizes {
		prize := poi.PrizeID(id[2:] + string(rune('0'+i/8)) + string(rune('0'+i%8)))
		task.Prizes = append(task.Prizes, poi.TaskPrize{Prize: prize, Weight: poi.MaxWeight})
	}
	task.Quotas = []poi.Quota{{Prize: task.Prizes[0].Prize, District: poi.Adcode(id), Units: poi.MaxUnits}}
	if err := task.Check(); err != nil {
		t.Fatal(err)
	}
	written := len(encode(t, &Catalog{Tasks: []poi.Task{task}}))
	if most := quotaBytes + othersSize; written > most {
		t.Errorf("a task with one quota has %d bytes, its share of a line is %d", written, most)
	}
	quota, err := json.Marshal(poi.Quota{Prize: poi.PrizeID(id), District: poi.Adcode(id), Units: poi.MaxUnits})
	if err != nil {
		t.Fatal(err)
	}
	if len(quota)+1 != quotaBytes {
		t.Errorf("a quota and its comma have %d bytes, want the %d that are reckoned with", len(quota)+1, quotaBytes)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

// FuzzCatalog: what is read can be written, and is then read as the same.
func FuzzCatalog(f *testing.F) {
	f.Add(encode(f, sample(f)))
	for line := range bytes.Lines(encode(f, sample(f))) {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := Read(bytes.NewReader(file))
		if err != nil {
			return
		}
		written := encode(t, c)
		again, err := Read(bytes.NewReader(written))
		if err != nil {
			t.Fatalf("read again: %v\n%s", err, written)
		}
		if got := encode(t, again); !bytes.Equal(got, written) {
			t.Errorf("written again:\n%s\nwant\n%s", got, written)
		}
	})
}
