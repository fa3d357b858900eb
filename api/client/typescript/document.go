package typescript

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// document is what is read of an OpenAPI document.
type document struct {
	OpenAPI    string                      `json:"openapi"`
	Paths      ordered[ordered[operation]] `json:"paths"`
	Components struct {
		Schemas ordered[*schema] `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID          string            `json:"operationId"`
	Summary     string            `json:"summary"`
	Description string            `json:"description"`
	Parameters  []parameter       `json:"parameters"`
	RequestBody *content          `json:"requestBody"`
	Responses   ordered[*content] `json:"responses"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Required    bool    `json:"required"`
	Description string  `json:"description"`
	Schema      *schema `json:"schema"`
}

// content is a body, by media type.
type content struct {
	Content ordered[media] `json:"content"`
}

type media struct {
	Schema *schema `json:"schema"`
}

type schema struct {
	Ref         string           `json:"$ref"`
	Type        string           `json:"type"`
	Enum        []string         `json:"enum"`
	OneOf       []*schema        `json:"oneOf"`
	Items       *schema          `json:"items"`
	Properties  ordered[*schema] `json:"properties"`
	Required    []string         `json:"required"`
	Additional  *schema          `json:"additionalProperties"`
	Description string           `json:"description"`
	Format      string           `json:"format"`
}

// ordered is a JSON object whose members keep their order, so that the client
// reads like the document.
type ordered[T any] []member[T]

type member[T any] struct {
	name  string
	value T
}

// UnmarshalJSON reads an object.
func (o *ordered[T]) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return errors.Join(errors.New("is no object"), err)
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		m := member[T]{name: key.(string)} // as the keys of JSON are
		if err := d.Decode(&m.value); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		*o = append(*o, m)
	}
	return nil
}

// get is the member of a name.
func (o ordered[T]) get(name string) (value T, ok bool) {
	for _, m := range o {
		if m.name == name {
			return m.value, true
		}
	}
	return value, false
}

func parse(openapi []byte) (*document, error) {
	d := new(document)
	if err := json.Unmarshal(openapi, d); err != nil {
		return nil, fmt.Errorf("read the OpenAPI document: %w", err)
	}
	if !strings.HasPrefix(d.OpenAPI, "3.") {
		return nil, fmt.Errorf("the document is of OpenAPI %q, not 3", d.OpenAPI)
	}
	return d, nil
}
