package server

import (
	"errors"
	"net/http"

	"geodrop/api"
	"geodrop/api/query"
	"geodrop/grid"
	"geodrop/grid/coord"
)

func postLookup(x *exchange) error {
	if err := x.checkAcceptLookup(); err != nil {
		return err
	}
	body, err := x.readBody()
	if err != nil {
		return err
	}
	l, err := x.decode(body)
	if err != nil {
		return err
	}
	if err := x.lookup(&l); err != nil {
		return err
	}
	x.wire.Set(&x.answer)
	x.w.Header()["Cache-Control"] = noStore
	x.sendAnswer()
	return nil
}

func getLookup(x *exchange) error {
	if err := x.checkAcceptLookup(); err != nil {
		return err
	}
	l, err := api.ParseLookup(x.r.URL.RawQuery)
	if err != nil {
		return err
	}
	if err := x.lookup(&l); err != nil {
		return err
	}
	x.wire.Set(&x.answer)
	x.wire.AsOf = l.Request.At // not now, which would be another each time
	x.key = appendLookupKey(append(x.key[:0], x.wanted[0]...), &x.wire, &l.Request)
	x.sendCached(l.NeedsOperator())
	return nil
}

func getCell(x *exchange) error {
	if err := x.checkAccept(jsonType); err != nil {
		return err
	}
	if err := x.admit(); err != nil {
		return err
	}
	release, err := x.release()
	if err != nil {
		return err
	}
	text := x.parameter("cell")
	req := query.Request{Limit: query.MaxLimit}
	if err := release.Cell(text, req, &x.answer); err != nil {
		return lookupProblem(err)
	}
	x.wire.Set(&x.answer)
	x.wire.AsOf = req.At
	x.key = appendLookupKey(append(append(x.key[:0], "cell "...), text...), &x.wire, &req)
	x.sendCached(false)
	return nil
}

// checkAcceptLookup refuses a request that takes no answer of a lookup.
func (x *exchange) checkAcceptLookup() error {
	x.vary(acceptMedia)
	return x.checkAccept(jsonType, messageType)
}

// decode reads the body of a lookup.
func (x *exchange) decode(body []byte) (api.Lookup, error) {
	if x.sent[0] == messageType[0] {
		return api.DecodeLookupMessage(body)
	}
	return api.DecodeLookup(body)
}

// lookup fills x.answer.
func (x *exchange) lookup(l *api.Lookup) error {
	if l.NeedsOperator() {
		if err := x.checkOperator(l.OperatorField()); err != nil {
			return err
		}
	}
	release, err := x.releaseAsked(l.Release)
	if err != nil {
		return err
	}
	if err := release.Lookup(l.Request, &x.answer); err != nil {
		return lookupProblem(err)
	}
	x.server.metrics.drops.Observe(float64(len(x.answer.Drops)))
	return nil
}

// lookupProblem is the problem of a lookup that failed. Damage is not logged
// here: whoever takes the release out of service says so, once.
func lookupProblem(err error) error {
	switch {
	case errors.Is(err, grid.ErrCell):
		return api.NewProblem(api.CodeInvalidCell, "cell", "is no cell of this release; take it from an answer")
	case errors.Is(err, coord.ErrRange):
		return api.NewProblem(api.CodeCoordinateRange, "", "the position is not on the map")
	case errors.Is(err, query.ErrRequest):
		return api.NewProblem(api.CodeInvalidValue, "", "the request has a value that no release can answer")
	case errors.Is(err, query.ErrClosed):
		return err
	}
	return api.NewProblem(api.CodeReleaseDamaged, "", "a file of the release is damaged; the node goes back to the one before; try again")
}

// sendAnswer sends x.wire as it is wanted.
func (x *exchange) sendAnswer() {
	x.wire.NextPollMS = x.server.options.NextPoll.Milliseconds()
	if x.wanted[0] == messageType[0] {
		x.out = api.AppendAnswerMessage(x.out[:0], &x.wire)
	} else {
		x.out = api.AppendAnswer(x.out[:0], &x.wire)
	}
	x.send(http.StatusOK, x.wanted, x.out)
}
