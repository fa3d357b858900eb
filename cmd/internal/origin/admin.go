package origin

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// serveAdmin answers operators until the context is done. Without it nodes are
// served still.
func (r *origin) serveAdmin(ctx context.Context) {
	const headerBytes, timeout, stop = 12 << 10, 5 * time.Minute, 5 * time.Second
	web := &http.Server{
		Handler: r.admin, MaxHeaderBytes: headerBytes, ReadHeaderTimeout: stop, ReadTimeout: stop,
		WriteTimeout: timeout, IdleTimeout: timeout,
		ErrorLog:    slog.NewLogLogger(r.options.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(r.options.Admin) }()
	select {
	case err := <-failed:
		r.options.Log.Error("operators cannot be answered any more", "error", err)
		return
	case <-ctx.Done():
	}
	bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), stop)
	defer cancel()
	if err := web.Shutdown(bound); err != nil {
		err = errors.Join(err, web.Close())
		r.options.Log.Warn("an operator was cut off", "error", err)
	}
	<-failed
}
