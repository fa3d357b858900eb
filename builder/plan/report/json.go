package report

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"

	"geodrop/builder/plan"
)

//go:embed plan.schema.json
var schema []byte

// Schema is the JSON Schema of what JSON writes.
func Schema() []byte { return schema }

// JSON writes a plan for scripts.
func JSON(w io.Writer, p *plan.Plan) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	if err := e.Encode(p); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}
