package poi

import (
	"context"
	"iter"
)

// readAhead is how many batches wait to be worked on.
const readAhead = 4

// Ahead calls do with each batch of a source, and reads on meanwhile in a
// goroutine of its own, so that decoding and what is done with it share two cores.
// The first error ends it; when it returns, nothing is being read any more.
func Ahead[B any](ctx context.Context, read func(context.Context) iter.Seq2[B, error], do func(B) error) error {
	ctx, cancel := context.WithCancel(ctx)
	batches, done := make(chan B, readAhead), make(chan error, 1)
	go func() {
		defer close(batches)
		done <- forward(ctx, read(ctx), batches)
	}()
	var err error
	for batch := range batches {
		if err = do(batch); err != nil {
			break
		}
	}
	cancel()
	for range batches { // let the reader see that it is over
	}
	if readErr := <-done; err == nil {
		err = readErr
	}
	return err
}

func forward[B any](ctx context.Context, from iter.Seq2[B, error], to chan<- B) error {
	for batch, err := range from {
		if err != nil {
			return err
		}
		select {
		case to <- batch:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return context.Cause(ctx)
}
