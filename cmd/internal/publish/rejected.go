package publish

import (
	"context"
	"log/slog"

	"geodrop/builder"
)

// maxTold is how many of the rows that a build left out are logged.
const maxTold = 20

// tellRejected says which rows of the config a build left out, and why.
func (p *Publisher) tellRejected(ctx context.Context, s *builder.Summary) {
	p.state.rejected.Set(float64(s.Rejected))
	if s.Rejected == 0 {
		return
	}
	p.options.Log.Warn("rows of the config are left out", "rows", s.Rejected, "told", min(len(s.Rejects), maxTold))
	for i, reject := range s.Rejects {
		if i == maxTold {
			return
		}
		p.options.Log.LogAttrs(ctx, slog.LevelWarn, "a row is left out", slog.String("row", reject.String()))
	}
}
