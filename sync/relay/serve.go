package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/net/netutil"
)

// Serve answers on the listener, which it closes, until the context is done.
// Then those who wait are answered, and files being sent have StopTimeout to
// end. The error is nil after such a stop.
func (r *Relay) Serve(ctx context.Context, l net.Listener) error {
	const headerBytes, headerTimeout, idleTimeout = 12 << 10, 5 * time.Second, 90 * time.Second
	web := &http.Server{
		Handler: r, MaxHeaderBytes: headerBytes,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: r.options.SendTimeout,
		WriteTimeout: r.options.SendTimeout, IdleTimeout: idleTimeout,
		ErrorLog:    slog.NewLogLogger(r.options.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(netutil.LimitListener(l, r.options.MaxConnections)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.options.StopTimeout)
	defer cancel()
	err := web.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		r.options.Log.Warn("transfers under way were cut off", "after", r.options.StopTimeout)
		err = web.Close()
	}
	<-failed
	if err != nil {
		return fmt.Errorf("stop serving on %s: %w", l.Addr(), err)
	}
	return nil
}
