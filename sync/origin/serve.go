package origin

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"

	"golang.org/x/net/netutil"
)

// maxHeaderBytes is what net/http adds 4 kB of slack to.
const maxHeaderBytes = 12 << 10

// Serve answers on the listener, which it closes, until the context is done.
// Then those who wait are answered, and objects being sent have StopTimeout to
// end. The error is nil after such a stop.
func (o *Origin) Serve(ctx context.Context, l net.Listener) error {
	web := &http.Server{
		Handler: o, MaxHeaderBytes: maxHeaderBytes,
		ReadHeaderTimeout: o.options.HeaderTimeout, ReadTimeout: o.options.SendTimeout,
		WriteTimeout: o.options.SendTimeout, IdleTimeout: o.options.IdleTimeout,
		ErrorLog:    slog.NewLogLogger(o.options.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(netutil.LimitListener(l, o.options.MaxConnections)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve releases on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.options.StopTimeout)
	defer cancel()
	err := web.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		o.options.Log.Warn("transfers under way were cut off", "after", o.options.StopTimeout)
		err = web.Close()
	}
	<-failed
	if err != nil {
		return fmt.Errorf("stop serving releases on %s: %w", l.Addr(), err)
	}
	return nil
}
