package typescript

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// source is TypeScript that is being written.
type source struct {
	text strings.Builder
}

func (s *source) line(format string, args ...any) {
	fmt.Fprintf(&s.text, format+"\n", args...)
}

// comment writes a doc comment, where there is something to say.
func (s *source) comment(indent, text string) {
	if text == "" {
		return
	}
	// Nothing that the document says may end the comment.
	s.line("%s/** %s */", indent, strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "*/", "*\u200b/"))
}

// identifier is a name that needs no quotes.
var identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// schema writes a named schema.
func (s *source) schema(name string, of *schema) error {
	if !identifier.MatchString(name) {
		return fmt.Errorf("schema %q: the name is none in TypeScript", name)
	}
	s.line("")
	s.comment("", of.Description)
	if of.Type == "object" && len(of.Properties) > 0 {
		body, err := members(of, "")
		if err != nil {
			return fmt.Errorf("schema %s: %w", name, err)
		}
		s.line("export interface %s %s", name, body)
		return nil
	}
	t, err := typeOf(of, "")
	if err != nil {
		return fmt.Errorf("schema %s: %w", name, err)
	}
	s.line("export type %s = %s;", name, t)
	return nil
}

// members are the properties of an object, in braces.
func members(of *schema, indent string) (string, error) {
	var s source
	s.line("{")
	for _, p := range of.Properties {
		t, err := typeOf(p.value, indent+"  ")
		if err != nil {
			return "", fmt.Errorf("%s: %w", p.name, err)
		}
		s.comment(indent+"  ", p.value.Description)
		s.line("%s  %s%s: %s;", indent, property(p.name), optional(slices.Contains(of.Required, p.name)), t)
	}
	return s.text.String() + indent + "}", nil
}

func property(name string) string {
	if identifier.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

func optional(required bool) string {
	if required {
		return ""
	}
	return "?"
}

// typeOf is a schema as a type.
func typeOf(of *schema, indent string) (string, error) {
	const schemas = "#/components/schemas/"
	switch {
	case of == nil:
		return "unknown", nil
	case of.Ref != "":
		name, ok := strings.CutPrefix(of.Ref, schemas)
		if !ok || !identifier.MatchString(name) {
			return "", fmt.Errorf("reference %q is not below %s", of.Ref, schemas)
		}
		return name, nil
	case len(of.OneOf) > 0:
		return union(of.OneOf, indent)
	case len(of.Enum) > 0:
		return literals(of.Enum), nil
	}
	switch of.Type {
	case "string", "boolean", "null":
		return of.Type, nil
	case "number", "integer":
		return "number", nil
	case "array":
		t, err := typeOf(of.Items, indent)
		return "Array<" + t + ">", err
	case "object":
		return objectType(of, indent)
	}
	return "", fmt.Errorf("type %q is not known here; teach package typescript", of.Type)
}

func objectType(of *schema, indent string) (string, error) {
	if len(of.Properties) > 0 {
		return members(of, indent)
	}
	t, err := typeOf(of.Additional, indent)
	return "Record<string, " + t + ">", err
}

func union(of []*schema, indent string) (string, error) {
	parts := make([]string, len(of))
	for i, one := range of {
		var err error
		if parts[i], err = typeOf(one, indent); err != nil {
			return "", err
		}
	}
	return strings.Join(parts, " | "), nil
}

func literals(of []string) string {
	parts := make([]string, len(of))
	for i, v := range of {
		parts[i] = strconv.Quote(v)
	}
	return strings.Join(parts, " | ")
}
