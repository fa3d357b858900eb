package origin

import (
	"context"
	"net"
	"net/http"

	"geodrop/sync/answer"
)

// newHandler is what happens around requests of nodes and of operators.
func (o *Origin) newHandler() *answer.Handler {
	return &answer.Handler{Log: o.options.Log, Traffic: o.metrics.traffic, Failed: answer.Problem{
		Status: http.StatusInternalServerError, Code: "internal", Detail: "the object cannot be read; another origin or relay may have it", Retry: true,
	}}
}

// newRouter has every route.
func (o *Origin) newRouter() http.Handler {
	get := func(pattern string, handle func(*answer.Exchange) error) answer.Route {
		return answer.Route{Method: http.MethodGet, Pattern: pattern, Name: pattern, Handle: handle}
	}
	return o.answers.Router([]answer.Route{
		get("/v1/channels/{name}", o.getChannel),
		get("/v1/objects/{digest}", o.getObject),
		get("/v1/patches/{to}/{key}", o.getPatch),
		{Method: http.MethodPost, Pattern: "/v1/nodes", Name: "/v1/nodes", Handle: o.postNode},
	}, o.options.Also, "there are /v1/channels/NAME, /v1/objects/SHA256 and /v1/patches/SHA256/KEY")
}

func overloaded(detail string) *answer.Problem {
	return &answer.Problem{Status: http.StatusServiceUnavailable, Code: "overloaded", Detail: detail, Retry: true}
}

// Serve answers on the listener, which it closes, until the context is done.
// Then those who wait are answered, and objects being sent have StopTimeout to
// end. The error is nil after such a stop.
func (o *Origin) Serve(ctx context.Context, l net.Listener) error {
	return answer.Serve(ctx, l, o, answer.Limits{
		Connections: o.options.MaxConnections, HeaderTimeout: o.options.HeaderTimeout, SendTimeout: o.options.SendTimeout,
		IdleTimeout: o.options.IdleTimeout, StopTimeout: o.options.StopTimeout,
	}, o.options.Log)
}
