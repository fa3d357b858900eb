package typescript

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

//go:embed runtime.ts
var runtime string

const heading = `// The TypeScript client of geodrop, generated from its OpenAPI document: change
// that, not this. It needs fetch, which browsers have, and Node from version 18 on.
//
//     const client = new Client({ url: "https://drops.example.com" });
//     const answer = await client.postLookup({ lat: 51.5145, lng: -0.127 });
//
// What a node refuses is thrown as a ProblemError, with a code to branch on; a node
// that cannot be reached is a ConnectionError. What may pass is tried again before.
`

// Generate is the client of an OpenAPI document, as TypeScript.
func Generate(openapi []byte) ([]byte, error) {
	d, err := parse(openapi)
	if err != nil {
		return nil, err
	}
	var s source
	s.text.WriteString(heading)
	for _, of := range d.Components.Schemas {
		if err := s.schema(of.name, of.value); err != nil {
			return nil, err
		}
	}
	s.text.WriteString("\n" + runtime)
	s.line("")
	s.comment("", "A client of one node, with a method for each operation.")
	s.line("export class Client extends Caller {")
	first := true
	for _, path := range d.Paths {
		for _, op := range path.value {
			if !first {
				s.line("")
			}
			first = false
			if err := s.method(path.name, op.name, &op.value); err != nil {
				return nil, fmt.Errorf("%s %s: %w", op.name, path.name, err)
			}
		}
	}
	s.watch(d)
	s.line("}")
	return []byte(s.text.String()), nil
}

// plainPath is a path that means the same between backquotes.
var plainPath = regexp.MustCompile(`^(/([A-Za-z0-9_.~-]|\{[A-Za-z]+\})*)+$`)

// method writes the method of an operation.
func (s *source) method(path, verb string, op *operation) error {
	if !plainPath.MatchString(path) {
		return errors.New("the path has characters that are not known here; teach package typescript")
	}
	if !identifier.MatchString(op.ID) {
		return fmt.Errorf("operationId %q is no name in TypeScript", op.ID)
	}
	answer, kind, err := answerOf(op)
	if err != nil {
		return err
	}
	arguments, call, err := argumentsOf(path, op)
	if err != nil {
		return err
	}
	s.comment("  ", op.Summary)
	s.line("  %s(%s): Promise<%s> {", op.ID, strings.Join(append(arguments, "options: CallOptions = {}"), ", "), answer)
	s.line("    return this.call({ method: %q, %s, as: %q%s }, options);", strings.ToUpper(verb), call, kind, alsoOf(op))
	s.line("  }")
	return nil
}

// argumentsOf are the arguments of a method, and what they become in the call.
func argumentsOf(path string, op *operation) (arguments []string, call string, err error) {
	var query source
	required := false
	for _, p := range op.Parameters {
		t, err := typeOf(p.Schema, "")
		if err != nil {
			return nil, "", fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		switch p.In {
		case "path":
			if !identifier.MatchString(p.Name) {
				return nil, "", fmt.Errorf("parameter %q: the name is none in TypeScript", p.Name)
			}
			arguments = append(arguments, p.Name+": "+t)
			path = strings.ReplaceAll(path, "{"+p.Name+"}", "${part("+p.Name+")}")
		case "query":
			required = required || p.Required
			fmt.Fprintf(&query.text, " %s%s: %s;", property(p.Name), optional(p.Required), t)
		}
		// Headers are left to fetch: If-None-Match, which they are for here, is
		// sent by the cache of the browser.
	}
	call = "path: `" + path + "`"
	if op.RequestBody != nil {
		t, err := jsonOf(op.RequestBody)
		if err != nil {
			return nil, "", err
		}
		arguments, call = append(arguments, "body: "+t), call+", body"
	}
	if query.text.Len() > 0 {
		argument := "query: {" + query.text.String() + " }"
		if !required {
			argument += " = {}"
		}
		arguments, call = append(arguments, argument), call+", query"
	}
	return arguments, call, nil
}

// answerOf is the type of what a method answers, and how it is read.
func answerOf(op *operation) (answer, kind string, err error) {
	ok, found := op.Responses.get("200")
	if !found || len(ok.Content) == 0 {
		return "", "", errors.New("it answers nothing with 200")
	}
	if _, found := ok.Content.get("application/json"); found {
		answer, err = jsonOf(ok)
		return answer, "json", err
	}
	if strings.HasPrefix(ok.Content[0].name, "text/") {
		return "string", "text", nil
	}
	return "ArrayBuffer", "bytes", nil
}

func jsonOf(of *content) (string, error) {
	m, ok := of.Content.get("application/json")
	if !ok {
		return "", errors.New("its body is not JSON")
	}
	return typeOf(m.Schema, "  ")
}

// alsoOf is the other status that comes with an answer and not with a problem,
// as that of /readyz does.
func alsoOf(op *operation) string {
	for _, r := range op.Responses {
		if r.name == "200" || r.value == nil {
			continue
		}
		if _, ok := r.value.Content.get("application/json"); ok {
			return ", also: " + r.name
		}
	}
	return ""
}

// watch writes the method that looks up again and again, where lookups are.
func (s *source) watch(d *document) {
	path, _ := d.Paths.get("/v1/lookup")
	if op, ok := path.get("post"); !ok || op.ID != "postLookup" {
		return
	}
	s.text.WriteString(watching)
}

//go:embed watch.ts
var watching string
