package answer

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

// maxHeaderBytes is what net/http adds 4 kB of slack to.
const maxHeaderBytes = 12 << 10

// Limits of Serve. All have to be set.
type Limits struct {
	Connections   int           // more wait to be accepted
	HeaderTimeout time.Duration // for the header of a request
	SendTimeout   time.Duration // for an answer, unless its handler sets another
	IdleTimeout   time.Duration // between requests
	StopTimeout   time.Duration // for requests under way when stopping
}

// Serve answers on the listener, which it closes, until the context is done.
// Then those who wait are answered, and what is being sent has StopTimeout to
// end. The error is nil after such a stop.
func Serve(ctx context.Context, l net.Listener, h http.Handler, limits Limits, log *slog.Logger) error {
	web := &http.Server{
		Handler: h, MaxHeaderBytes: maxHeaderBytes,
		ReadHeaderTimeout: limits.HeaderTimeout, ReadTimeout: limits.SendTimeout,
		WriteTimeout: limits.SendTimeout, IdleTimeout: limits.IdleTimeout,
		ErrorLog:    slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(netutil.LimitListener(l, limits.Connections)) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve releases on %s: %w", l.Addr(), err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.StopTimeout)
	defer cancel()
	err := web.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("transfers under way were cut off", "after", limits.StopTimeout)
		err = web.Close()
	}
	<-failed
	if err != nil {
		return fmt.Errorf("stop serving releases on %s: %w", l.Addr(), err)
	}
	return nil
}
