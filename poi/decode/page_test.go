package decode

import (
	"context"
	"strings"
	"testing"
)

// TestPage: the page names each file of a bundle, and its example is a task
// as it has to be.
func TestPage(t *testing.T) {
	page, err := Page()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range kinds {
		if !strings.Contains(page, "\n    "+k.stem+k.ext) {
			t.Errorf("the page has no %s%s", k.stem, k.ext)
		}
	}
	_, rest, ok := strings.Cut(page, "\n## tasks.yaml\n\n")
	if !ok {
		t.Fatalf("the page has no example of tasks\n%s", page)
	}
	example, _, _ := strings.Cut(rest, "\n\n")
	b, err := Open(writeBundle(t, map[string]string{
		"tasks.yaml":     example,
		"merchants.csv":  "id,name\nteahouse,Teahouse\n",
		"prizes.csv":     "id,name,kind,merchant\nred-packet,R,cash,teahouse\ntea-coupon,T,coupon,teahouse\n",
		"sets/parks.csv": "poi_id\n",
	}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	c, err := b.Config(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Tasks) != 1 || len(c.Tasks[0].Quotas) != 2 || b.Rejects().Total() > 0 {
		t.Errorf("%d tasks, rejects %v\n%s", len(c.Tasks), b.Rejects().Kept(), example)
	}
}
