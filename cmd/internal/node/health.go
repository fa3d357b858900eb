package node

import (
	"github.com/prometheus/client_golang/prometheus"
)

// requestsName is the counter of a server's requests, by status.
const requestsName = "geodrop_http_requests_total"

// Health counts the requests of a registry's server, and those that met a defect
// of the server: status 500. One that is overloaded, or has no release, says 503,
// for which no release is to blame.
func Health(registry *prometheus.Registry) func() (requests, errors int) {
	return func() (requests, errors int) {
		families, err := registry.Gather()
		if err != nil {
			return 0, 0 // whoever scrapes is told
		}
		for _, f := range families {
			for _, m := range f.GetMetric() {
				if f.GetName() != requestsName {
					continue
				}
				n := int(m.GetCounter().GetValue())
				requests += n
				for _, l := range m.GetLabel() {
					if l.GetName() == "status" && l.GetValue() == "500" {
						errors += n
					}
				}
			}
		}
		return requests, errors
	}
}
