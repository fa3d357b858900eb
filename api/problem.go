package api

import (
	"fmt"
	"maps"
	"slices"
)

// Code is the stable, machine-readable name of a problem.
type Code string

// The codes. A client may branch on them: they never change their meaning.
const (
	CodeInvalidJSON      Code = "invalid_json"            // no JSON, or more than one value
	CodeInvalidProtobuf  Code = "invalid_protobuf"        // no Protocol Buffers message
	CodeInvalidUTF8      Code = "invalid_utf8"            // bytes or escapes that are no text
	CodeTooDeep          Code = "too_deep"                // nested deeper than MaxDepth
	CodeDuplicateKey     Code = "duplicate_key"           // a known key or parameter twice
	CodeMissingField     Code = "missing_field"           // required and absent, empty or null
	CodeInvalidType      Code = "invalid_type"            // another JSON type than the field has
	CodeInvalidValue     Code = "invalid_value"           // a word, time or number that the field cannot have
	CodeCoordinateRange  Code = "coordinate_out_of_range" // beyond ±90, ±180, or not finite
	CodeInvalidCell      Code = "invalid_cell"            // no cell of this release's grid
	CodeInvalidTile      Code = "invalid_tile"            // no tile of the Web Mercator map
	CodeUnauthorized     Code = "unauthorized"            // needs an operator's token, and none came
	CodeOperatorOnly     Code = "operator_only"           // needs an operator's token, and another came
	CodeNotFound         Code = "not_found"               // no such route
	CodeTaskNotFound     Code = "task_not_found"          // no task that the asker may see
	CodeMethodNotAllowed Code = "method_not_allowed"      // see the header Allow
	CodeNotAcceptable    Code = "not_acceptable"          // Accept leaves out what the route answers
	CodeRequestTimeout   Code = "request_timeout"         // the body did not come in time
	CodeBodyTooLarge     Code = "body_too_large"          // more than MaxLookupBytes
	CodeMediaType        Code = "unsupported_media_type"  // a body that the route does not read
	CodeInternal         Code = "internal"                // a defect of the node
	CodeNoRelease        Code = "no_release"              // nothing to answer from yet
	CodeReleaseDamaged   Code = "release_damaged"         // the node is going back to an older release
	CodeOverloaded       Code = "overloaded"              // shed; see Retry-After
	CodeNotReady         Code = "not_ready"               // the node stops, or has not made yet what answers this
)

// kinds are status and title of each code.
var kinds = map[Code]struct {
	status int
	title  string
}{
	CodeInvalidJSON:      {400, "The body is not one JSON value"},
	CodeInvalidProtobuf:  {400, "The body is not a Protocol Buffers message"},
	CodeInvalidUTF8:      {400, "The text is not UTF-8"},
	CodeTooDeep:          {400, "The body is nested too deeply"},
	CodeDuplicateKey:     {400, "A field is given twice"},
	CodeMissingField:     {400, "A required field is missing"},
	CodeInvalidType:      {400, "A field has the wrong type"},
	CodeInvalidValue:     {400, "A field has a value that it cannot have"},
	CodeCoordinateRange:  {400, "The coordinate is out of range"},
	CodeInvalidCell:      {400, "There is no such cell"},
	CodeInvalidTile:      {400, "There is no such tile"},
	CodeUnauthorized:     {401, "An operator's token is missing"},
	CodeOperatorOnly:     {403, "Only operators may ask this"},
	CodeNotFound:         {404, "There is no such route"},
	CodeTaskNotFound:     {404, "There is no such task"},
	CodeMethodNotAllowed: {405, "The route does not have this method"},
	CodeNotAcceptable:    {406, "The answer has another media type"},
	CodeRequestTimeout:   {408, "The body did not come in time"},
	CodeBodyTooLarge:     {413, "The body is too large"},
	CodeMediaType:        {415, "The body has another media type"},
	CodeInternal:         {500, "The node has a defect"},
	CodeNoRelease:        {503, "There is no release yet"},
	CodeReleaseDamaged:   {503, "The release is damaged"},
	CodeOverloaded:       {503, "The node is overloaded"},
	CodeNotReady:         {503, "The node is not ready"},
}

// Codes are all codes, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(kinds)) }

// Problem is an RFC 9457 problem. It never holds where somebody is: problems
// are logged.
type Problem struct {
	Type   string `json:"type"` // "about:blank": Code says it all
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   Code   `json:"code"`
	Field  string `json:"field,omitempty"`  // of the body, or parameter
	Detail string `json:"detail,omitempty"` // what is wrong and what to do
	// Instance is the id of the request, also in the header X-Request-Id.
	Instance string `json:"instance,omitempty"`
}

// NewProblem is a problem with a code; field may be empty.
func NewProblem(code Code, field, format string, args ...any) *Problem {
	kind, ok := kinds[code]
	if !ok {
		code, kind = CodeInternal, kinds[CodeInternal]
	}
	return &Problem{
		Type: "about:blank", Title: kind.title, Status: kind.status, Code: code, Field: field,
		Detail: fmt.Sprintf(format, args...),
	}
}

// Error is the code, the field and the detail.
func (p *Problem) Error() string {
	if p.Field == "" {
		return fmt.Sprintf("%s: %s", p.Code, p.Detail)
	}
	return fmt.Sprintf("%s: %s: %s", p.Code, p.Field, p.Detail)
}

// AppendProblem appends the JSON of a problem.
func AppendProblem(b []byte, p *Problem) []byte {
	b = appendString(append(b, `{"type":`...), p.Type)
	b = appendString(append(b, `,"title":`...), p.Title)
	b = appendInt(append(b, `,"status":`...), int64(p.Status))
	b = appendString(append(b, `,"code":`...), p.Code)
	b = appendOptional(b, `,"field":`, p.Field)
	b = appendOptional(b, `,"detail":`, p.Detail)
	b = appendOptional(b, `,"instance":`, p.Instance)
	return append(b, '}')
}
