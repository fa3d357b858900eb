package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"geodrop/builder"
	"geodrop/data/sample"
	"geodrop/poi/decode"
	"geodrop/sync/manifest"
	"geodrop/sync/origin"
)

// publish builds releases of the sample, in which places have other names.
func (s *swapping) publish(ctx context.Context, dir string) error {
	bundle := filepath.Join(dir, "bundle")
	if err := sample.Write(bundle); err != nil {
		return err
	}
	places := filepath.Join(bundle, "pois.csv")
	text, err := os.ReadFile(places)
	if err != nil {
		return err
	}
	for i := range swapReleases {
		edited := bytes.ReplaceAll(text, []byte("Street"), fmt.Appendf(nil, "Street %d", i))
		err := errors.Join(os.Remove(places), os.WriteFile(places, edited, 0o600)) // the sample's is read only
		if err != nil {
			return err
		}
		p, err := publishBundle(ctx, s.origin, bundle, filepath.Join(dir, fmt.Sprint("release-", i)))
		if err != nil {
			return err
		}
		s.ids = append(s.ids, p.Release)
	}
	return nil
}

// publishBundle builds a release of a bundle and gives it to an origin.
func publishBundle(ctx context.Context, o *origin.Origin, bundle, out string) (p manifest.Pointer, err error) {
	src, err := decode.Open(bundle, decode.Options{})
	if err != nil {
		return p, err
	}
	_, err = builder.Build(ctx, src, builder.Options{Out: out})
	if err = errors.Join(err, src.Close()); err != nil {
		return p, err
	}
	return o.Publish(ctx, out, origin.Publication{Older: true})
}
