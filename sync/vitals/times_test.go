package vitals

import (
	"math"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// TestBucketsOfPrometheus: a bucket of its native histograms is the same one here.
func TestBucketsOfPrometheus(t *testing.T) {
	for _, took := range []time.Duration{40 * time.Microsecond, 999 * time.Microsecond, 5 * time.Millisecond, 3 * time.Second} {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "x", Help: "x", NativeHistogramBucketFactor: 1.2})
		h.Observe(took.Seconds())
		var m dto.Metric
		if err := h.Write(&m); err != nil {
			t.Fatal(err)
		}
		var times Times
		times.Add(int(m.GetHistogram().GetPositiveSpan()[0].GetOffset()), 1)
		if got := times.Quantile(1); m.GetHistogram().GetSchema() != Schema || got < took || float64(got) > float64(took)*math.Pow(2, 1./perTwo) {
			t.Errorf("%v is told as %v, by schema %d", took, got, m.GetHistogram().GetSchema())
		}
	}
}

func TestQuantile(t *testing.T) {
	var times Times
	for bucket, n := range map[int]uint64{0: 90, perTwo: 9, 2 * perTwo: 1, -1000: 0, 1000: 0} { // up to 1, 2, 4 s
		times.Add(bucket, n)
	}
	for q, want := range map[float64]time.Duration{0: time.Second, 0.5: time.Second, 0.9: time.Second, 0.91: 2 * time.Second, 0.99: 2 * time.Second, 1: 4 * time.Second} {
		if got := times.Quantile(q); got != want {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got := (Times{}).Quantile(0.99); got != 0 {
		t.Errorf("the quantile of nothing is %v", got)
	}
	if len(times) != buckets || times.Total() != 100 {
		t.Errorf("%d buckets of %d", len(times), times.Total())
	}
}
