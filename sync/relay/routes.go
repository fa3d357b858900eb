package relay

import (
	"context"
	"net"
	"net/http"
	"time"

	"geodrop/sync/answer"
)

// newRouter has every route.
func (r *Relay) newRouter() http.Handler {
	h := &answer.Handler{Log: r.options.Log, Traffic: r.metrics.traffic, Failed: answer.Problem{
		Status: http.StatusServiceUnavailable, Code: "unavailable", Detail: "it cannot be answered here now; another relay may have it", Retry: true,
	}}
	return h.Router([]answer.Route{
		{Method: http.MethodGet, Pattern: "/v1/channels/{name}", Name: "channel", Handle: r.getChannel},
		{Method: http.MethodGet, Pattern: "/v1/objects/{digest}", Name: "object", Handle: r.getObject},
		{Method: http.MethodGet, Pattern: "/v1/patches/*", Name: "patch", Handle: r.getPatch},
		{Method: http.MethodPost, Pattern: "/v1/nodes", Name: "report", Handle: r.postNode},
	}, r.options.Also, "there are /v1/channels/NAME, /v1/objects/SHA256 and /v1/patches/…")
}

func full(detail string) *answer.Problem {
	return &answer.Problem{Status: http.StatusTooManyRequests, Code: "full", Detail: detail, Retry: true}
}

// Serve answers on the listener, which it closes, until the context is done.
// Then those who wait are answered, and files being sent have StopTimeout to
// end. The error is nil after such a stop.
func (r *Relay) Serve(ctx context.Context, l net.Listener) error {
	return answer.Serve(ctx, l, r, answer.Limits{
		Connections: r.options.MaxConnections, HeaderTimeout: 5 * time.Second, SendTimeout: r.options.SendTimeout,
		IdleTimeout: 90 * time.Second, StopTimeout: r.options.StopTimeout,
	}, r.options.Log)
}
