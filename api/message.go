package api

import (
	_ "embed"
	"math"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"

	"geodrop/api/query"
	"geodrop/poi"
)

//go:embed geodrop.proto
var protoFile []byte

// ProtoFile is the definition of the Protocol Buffers messages, to be read only.
func ProtoFile() []byte { return protoFile }

// The numbers of the fields, as geodrop.proto has them.
const (
	answerRelease protowire.Number = iota + 1
	answerCell
	answerDistrict
	answerDrops
	answerTasks
	answerRemaining
	answerAsOf
	answerStale
	answerTruncated
	answerNextChange
	answerNextPoll
)

const (
	districtID protowire.Number = iota + 1
	districtName
)

const (
	dropPOI protowire.Number = iota + 1
	dropName
	dropKind
	dropLat
	dropLng
	dropDistance
	dropDistrict
	dropTasks
)

const (
	taskID protowire.Number = iota + 1
	taskTitle
	taskMerchant
	taskState
	taskStartsAt
	taskEndsAt
	taskOpensAt
	taskClosesAt
	taskClaimRadius
	taskPrizes
)

const (
	remainingDistrict protowire.Number = iota + 1
	remainingTask
	remainingPrize
	remainingQuota
	remainingLeft
)

const (
	timestampSeconds protowire.Number = iota + 1
	timestampNanos
)

// AppendAnswerMessage appends the LookupResponse of an answer. What JSON has as
// U+FFFD, bytes that are no UTF-8, is that here too.
//
// It is written by hand since messages as Go values would have to be allocated
// and filled for each answer; a property test reads it with a library.
func AppendAnswerMessage(b []byte, a *Answer) []byte {
	b = messageText(b, answerRelease, a.Release)
	var start int
	if a.Cell != (query.Cell{}) {
		b, start = openMessage(b, answerCell)
		b = closeMessage(a.Cell.Append(b), start)
	}
	if d := a.District; d != nil {
		b, start = openMessage(b, answerDistrict)
		b = messageText(b, districtID, d.ID)
		b = closeMessage(messageText(b, districtName, d.Name), start)
	}
	for i := range a.Drops {
		b, start = openMessage(b, answerDrops)
		b = closeMessage(dropFields(b, &a.Drops[i], a.Tasks), start)
	}
	for i := range a.Tasks {
		b, start = openMessage(b, answerTasks)
		b = closeMessage(taskFields(b, &a.Tasks[i]), start)
	}
	for i := range a.Remaining {
		b, start = openMessage(b, answerRemaining)
		b = closeMessage(remainingFields(b, &a.Remaining[i]), start)
	}
	b = messageTime(b, answerAsOf, a.AsOf)
	b = messageInt(b, answerStale, protowire.EncodeBool(a.Stale))
	b = messageInt(b, answerTruncated, protowire.EncodeBool(a.Truncated))
	b = messageTime(b, answerNextChange, a.NextChange)
	return messageInt(b, answerNextPoll, uint64(a.NextPollMS))
}

func dropFields(b []byte, d *query.Drop, tasks []query.Task) []byte {
	b = messageText(b, dropPOI, d.POI)
	b = messageText(b, dropName, d.Name)
	b = messageText(b, dropKind, d.Kind)
	b = messageE7(b, dropLat, float64(d.Lat))
	b = messageE7(b, dropLng, float64(d.Lng))
	b = messageInt(b, dropDistance, uint64(int64(d.Distance)))
	b = messageText(b, dropDistrict, d.District)
	if len(d.Tasks) == 0 {
		return b
	}
	b, start := openMessage(b, dropTasks)
	// Both lists are in one order.
	for place, left := 0, d.Tasks; place < len(tasks) && len(left) > 0; place++ {
		if tasks[place].ID == left[0] {
			b, left = protowire.AppendVarint(b, uint64(place)), left[1:]
		}
	}
	return closeMessage(b, start)
}

func taskFields(b []byte, t *query.Task) []byte {
	b = messageText(b, taskID, t.ID)
	b = messageText(b, taskTitle, t.Title)
	b = messageText(b, taskMerchant, t.Merchant)
	b = messageInt(b, taskState, stateNumber(t.State))
	b = messageTime(b, taskStartsAt, t.StartsAt)
	b = messageTime(b, taskEndsAt, t.EndsAt)
	b = messageTime(b, taskOpensAt, t.OpensAt)
	b = messageTime(b, taskClosesAt, t.ClosesAt)
	if bits := math.Float64bits(float64(t.ClaimRadius)); bits != 0 {
		b = protowire.AppendTag(b, taskClaimRadius, protowire.Fixed64Type)
		b = protowire.AppendFixed64(b, bits)
	}
	for _, id := range t.Prizes {
		b = messageItem(b, taskPrizes, id)
	}
	return b
}

// stateNumber is the state as TaskState has it.
func stateNumber(s poi.State) uint64 {
	switch s {
	case poi.Upcoming:
		return 1
	case poi.Active:
		return 2
	case poi.BetweenSessions:
		return 3
	case poi.Exhausted:
		return 4
	case poi.Paused:
		return 5
	case poi.Ended:
		return 6
	}
	return 0
}

func remainingFields(b []byte, r *Remaining) []byte {
	b = messageText(b, remainingDistrict, r.District)
	b = messageText(b, remainingTask, r.Task)
	b = messageText(b, remainingPrize, r.Prize)
	b = messageInt(b, remainingQuota, r.Quota)
	return messageInt(b, remainingLeft, r.Remaining)
}

// openMessage begins a field whose length is not known yet.
func openMessage(b []byte, field protowire.Number) (_ []byte, start int) {
	b = append(protowire.AppendTag(b, field, protowire.BytesType), 0)
	return b, len(b)
}

// closeMessage writes the length of what was appended since start. Most fields
// are shorter than 128 bytes, so that nothing has to make room.
func closeMessage(b []byte, start int) []byte {
	n := len(b) - start
	if more := protowire.SizeVarint(uint64(n)) - 1; more > 0 {
		b = append(b, make([]byte, more)...)
		copy(b[start+more:], b[start:start+n])
	}
	protowire.AppendVarint(b[:start-1], uint64(n))
	return b
}

// messageText appends a text, unless it is empty.
func messageText[T ~string | ~[]byte](b []byte, field protowire.Number, s T) []byte {
	if len(s) == 0 {
		return b
	}
	return messageItem(b, field, s)
}

// messageItem appends a text of a list, where an empty one counts.
func messageItem[T ~string | ~[]byte](b []byte, field protowire.Number, s T) []byte {
	b, start := openMessage(b, field)
	b = append(b, s...)
	if !utf8.Valid(b[start:]) {
		b = b[:start]
		for _, r := range string(s) { // U+FFFD for each byte that is none
			b = utf8.AppendRune(b, r)
		}
	}
	return closeMessage(b, start)
}

func messageInt(b []byte, field protowire.Number, n uint64) []byte {
	if n == 0 {
		return b
	}
	return protowire.AppendVarint(protowire.AppendTag(b, field, protowire.VarintType), n)
}

// messageE7 appends degrees, which are whole numbers of 1e-7 in an answer.
func messageE7(b []byte, field protowire.Number, degrees float64) []byte {
	e7 := int32(math.Round(degrees * 1e7))
	if e7 == 0 {
		return b
	}
	return protowire.AppendFixed32(protowire.AppendTag(b, field, protowire.Fixed32Type), uint32(e7))
}

// messageTime appends a google.protobuf.Timestamp, unless the time is zero.
func messageTime(b []byte, field protowire.Number, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b, start := openMessage(b, field)
	b = messageInt(b, timestampSeconds, uint64(t.Unix()))
	return closeMessage(messageInt(b, timestampNanos, uint64(t.Nanosecond())), start)
}
