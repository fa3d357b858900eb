package trust

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Signature is that of one key.
type Signature struct {
	Key   string `json:"key"` // its id
	Bytes []byte `json:"signature"`
}

// maxSignatures bounds the work that a text makes: keys change one at a time.
const maxSignatures = 8

// ErrUntrusted marks a text without a signature of a trusted key.
var ErrUntrusted = errors.New("not signed by a trusted key")

// encode is the signatures, one a line.
func encode(list []Signature) ([]byte, error) {
	var b bytes.Buffer
	for _, s := range list {
		line, err := json.Marshal(s)
		if err != nil {
			return nil, fmt.Errorf("encode signature: %w", err)
		}
		b.Write(append(line, '\n'))
	}
	return b.Bytes(), nil
}

// parse reads what encode writes. Unknown keys of the JSON are ignored.
func parse(b []byte) ([]Signature, error) {
	var list []Signature
	for line := range bytes.Lines(b) {
		var s Signature
		if err := json.Unmarshal(line, &s); err != nil {
			return nil, fmt.Errorf("%w: signature %d: %w", ErrUntrusted, len(list)+1, err)
		}
		if list = append(list, s); len(list) > maxSignatures {
			return nil, fmt.Errorf("%w: more than %d signatures", ErrUntrusted, maxSignatures)
		}
	}
	return list, nil
}

func sign(keys []Key, p Purpose, text []byte) []Signature {
	var list []Signature
	for _, k := range keys {
		list = append(list, k.Sign(p, text))
	}
	return list
}

// Verify returns the id of a trusted key that signed the text. The error wraps
// ErrUntrusted and says what was wrong with each signature.
func (k Keys) Verify(p Purpose, text []byte, list []Signature) (id string, err error) {
	var faults []string
	for _, s := range list {
		i := find(k.Trusted, s.Key)
		switch {
		case i >= 0 && k.Trusted[i].verifies(p, text, s):
			return s.Key, nil
		case i >= 0:
			faults = append(faults, fmt.Sprintf("the signature of key %s is wrong", s.Key))
		case find(k.Revoked, s.Key) >= 0:
			faults = append(faults, fmt.Sprintf("key %s is revoked", s.Key))
		default:
			faults = append(faults, fmt.Sprintf("key %.40q is unknown", s.Key))
		}
	}
	if len(faults) == 0 {
		faults = []string{"it has no signature"}
	}
	return "", fmt.Errorf("%w: %s", ErrUntrusted, strings.Join(faults, ", "))
}
