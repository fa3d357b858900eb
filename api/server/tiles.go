package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"

	"geodrop/api"
	"geodrop/api/query"
)

func getTile(x *exchange) error {
	x.vary(acceptCoding)
	if err := x.checkAccept(tileType); err != nil {
		return err
	}
	t, err := x.tileAsked()
	if err != nil {
		return err
	}
	release, err := x.release()
	if err != nil {
		return err
	}
	if x.hasTile(t, release.Manifest().ID, release.NextChange()) {
		return nil
	}
	if t.Zoom <= query.SurveyZoom {
		x.awaitSurvey(release)
	}
	if err := x.pass(x.server.tiles); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(x.r.Context(), x.server.options.TileTimeout)
	defer cancel()
	if err := release.Tile(ctx, t, &x.tile); err != nil {
		return tileProblem(err)
	}
	return x.sendTile(t)
}

// surveyWait is how long a tile waits for a release that is served since a
// moment ago.
const surveyWait = 2 * time.Second

// awaitSurvey waits for what coarse tiles are answered from, before any gate.
// That of a release which is replaced ends at once, so that nobody who waits
// keeps the release open.
func (x *exchange) awaitSurvey(r *query.Release) {
	select {
	case <-r.Surveyed():
		return
	default:
	}
	patience := time.NewTimer(surveyWait)
	defer patience.Stop()
	select {
	case <-r.Surveyed():
	case <-patience.C:
	case <-x.r.Context().Done():
	}
}

// tileAsked is the tile of the path.
func (x *exchange) tileAsked() (t query.MapTile, err error) {
	zoom, err := x.tileNumber("z", query.MaxZoom)
	if err != nil {
		return t, err
	}
	last := uint32(1)<<zoom - 1
	t.Zoom = int(zoom)
	if t.X, err = x.tileNumber("x", last); err != nil {
		return t, err
	}
	t.Y, err = x.tileNumber("y", last)
	return t, err
}

// tileNumber is a part of the path that is a plain decimal number: a tile has
// one address.
func (x *exchange) tileNumber(name string, last uint32) (uint32, error) {
	v := x.parameter(name)
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil || n > uint64(last) || v != strconv.FormatUint(n, 10) {
		return 0, api.NewProblem(api.CodeInvalidTile, name, "is not a whole number within 0…%d", last)
	}
	return uint32(n), nil
}

func tileProblem(err error) error {
	switch {
	case errors.Is(err, query.ErrMapTile):
		return api.NewProblem(api.CodeInvalidTile, "", "the map has no such tile")
	case errors.Is(err, query.ErrNotSurveyed):
		return api.NewProblem(api.CodeNotReady, "", "the places of the release are still being counted; try again after Retry-After")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return api.NewProblem(api.CodeOverloaded, "", "the tile took too long; try again after Retry-After")
	}
	return lookupProblem(err)
}

// minGzip is from how many bytes on a tile is compressed: less fits one packet.
const minGzip = 1024

// hasTile sends 304 if the client has the tile of a release that stays until
// next: that is known before anything is done for it. Its tag tells compressed
// bytes from others, as a strong one has to.
func (x *exchange) hasTile(t query.MapTile, release string, next time.Time) bool {
	x.key = fmt.Appendf(x.key[:0], "tile %d/%d/%d %t %s %d", t.Zoom, t.X, t.Y, x.takesGzip(), release, instant(next))
	return x.notModified(x.etag(x.key), "public", x.maxAge(next))
}

// sendTile sends x.tile, which may be of a later view than was looked for.
func (x *exchange) sendTile(t query.MapTile) error {
	if x.hasTile(t, x.tile.Release, x.tile.NextChange) {
		return nil
	}
	x.out = api.AppendTile(x.out[:0], &x.tile)
	if !x.takesGzip() || len(x.out) < minGzip {
		x.send(http.StatusOK, tileType, x.out)
		return nil
	}
	var zipped bytes.Buffer
	if err := x.server.zip(&zipped, x.out); err != nil {
		return err
	}
	x.w.Header()["Content-Encoding"] = []string{"gzip"}
	x.send(http.StatusOK, tileType, zipped.Bytes())
	return nil
}

func (s *Server) zip(to *bytes.Buffer, b []byte) error {
	w, ok := s.zippers.Get().(*gzip.Writer)
	if !ok {
		w = gzip.NewWriter(nil)
	}
	defer s.zippers.Put(w)
	w.Reset(to)
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("compress an answer: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("compress an answer: %w", err)
	}
	return nil
}
