package typescript

import (
	"flag"
	"os"
	"strings"
	"testing"

	"geodrop/api"
)

var update = flag.Bool("update", false, "write geodrop.ts anew")

// TestGenerated: the committed client is that of the document.
func TestGenerated(t *testing.T) {
	got, err := Generate(api.OpenAPI())
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("geodrop.ts", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile("geodrop.ts")
	if err != nil {
		t.Fatal(err)
	}
	if string(committed) != string(got) {
		t.Error("geodrop.ts is not what the document and runtime.ts give: go test ./api/client/typescript -update")
	}
}

// inDocument is a document with one schema and one operation.
func inDocument(schema, operation string) string {
	return `{"openapi":"3.1.0","paths":{"/a/{id}":{"get":` + operation + `}},"components":{"schemas":{"S":` + schema + `}}}`
}

const plainOperation = `{"operationId":"getA","responses":{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}}}}`

func TestSchemas(t *testing.T) {
	tests := []struct{ schema, want string }{
		{`{"type":"string"}`, `export type S = string;`},
		{`{"type":"string","enum":["a","b\"c"]}`, `export type S = "a" | "b\"c";`},
		{`{"type":"integer"}`, `export type S = number;`},
		{`{"type":"array","items":{"oneOf":[{"$ref":"#/components/schemas/S"},{"type":"null"}]}}`, `export type S = Array<S | null>;`},
		{`{"type":"object"}`, `export type S = Record<string, unknown>;`},
		{`{"type":"object","additionalProperties":{"type":"boolean"}}`, `export type S = Record<string, boolean>;`},
		{`{"type":"object","required":["z"],"properties":{"z":{"type":"string"},"a-b":{"type":"null"}}}`, "export interface S {\n  z: string;\n  \"a-b\"?: null;\n}"},
		{`{"type":"object","properties":{"o":{"type":"object","properties":{"p":{"type":"string","description":"ends */ here\nand on"}}}}}`,
			"export interface S {\n  o?: {\n    /** ends *\u200b/ here and on */\n    p?: string;\n  };\n}"},
	}
	for _, tt := range tests {
		got, err := Generate([]byte(inDocument(tt.schema, plainOperation)))
		if err != nil || !strings.Contains(string(got), "\n"+tt.want+"\n") {
			t.Errorf("%s: %v\n%.400s", tt.schema, err, got)
		}
	}
}

func TestOperations(t *testing.T) {
	answers := func(media string) string {
		return `"responses":{"200":{"content":{"` + media + `":{"schema":{"type":"string"}}}},"503":{"content":{"application/problem+json":{}}}}`
	}
	tests := []struct{ operation, want string }{
		{`{"operationId":"getA",` + answers("application/json") + `}`, "getA(options: CallOptions = {}): Promise<string> {"},
		{`{"operationId":"getA",` + answers("text/plain") + `}`, `as: "text" }`},
		{`{"operationId":"getA",` + answers("application/vnd.mapbox-vector-tile") + `}`, `Promise<ArrayBuffer>`},
		{`{"operationId":"getA","parameters":[{"name":"id","in":"path","schema":{"type":"string"}},{"name":"q","in":"query","schema":{"type":"number"}},{"name":"If-None-Match","in":"header"}],` + answers("text/plain") + `}`,
			"getA(id: string, query: { q?: number; } = {}, options: CallOptions = {}): Promise<string> {\n    return this.call({ method: \"GET\", path: `/a/${part(id)}`, query, as: \"text\" }, options);"},
		{`{"operationId":"getA","requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/S"}}}},` + answers("text/plain") + `}`,
			"getA(body: S, options: CallOptions = {})"},
		{`{"operationId":"getA","responses":{"200":{"content":{"application/json":{}}},"503":{"content":{"application/json":{}}}}}`, `as: "json", also: 503 }`},
	}
	for _, tt := range tests {
		got, err := Generate([]byte(inDocument(`{"type":"string"}`, tt.operation)))
		if err != nil || !strings.Contains(string(got), tt.want) {
			t.Errorf("%s: %v\n%s", tt.operation, err, got[max(0, len(got)-400):])
		}
	}
}

// TestRefused: what is not understood, or would be other code than meant, gives
// no client.
func TestRefused(t *testing.T) {
	const plain = `{"type":"string"}`
	tests := []struct{ name, document, want string }{
		{"not JSON", `{`, "read the OpenAPI document"},
		{"old", `{"swagger":"2.0"}`, "not 3"},
		{"list", `{"openapi":"3.1.0","paths":[]}`, "no object"},
		{"type", inDocument(`{"type":"file"}`, plainOperation), `schema S: type "file"`},
		{"nested type", inDocument(`{"type":"object","properties":{"p":{"type":"array","items":{"type":"x"}}}}`, plainOperation), "schema S: p: type"},
		{"reference", inDocument(`{"$ref":"other.json"}`, plainOperation), "reference"},
		{"reference with code", inDocument(`{"$ref":"#/components/schemas/S; x"}`, plainOperation), "reference"},
		{"schema name", strings.Replace(inDocument(plain, plainOperation), `"S"`, `"S {}"`, 1), "name is none"},
		{"operation name", inDocument(plain, strings.Replace(plainOperation, "getA", "get a", 1)), "no name"},
		{"path", strings.Replace(inDocument(plain, plainOperation), "/a/{id}", "/a/`+x+`", 1), "the path has characters"},
		{"path parameter", inDocument(plain, strings.Replace(plainOperation, `"responses"`, `"parameters":[{"name":"a b","in":"path"}],"responses"`, 1)), "the name is none"},
		{"no answer", inDocument(plain, `{"operationId":"getA","responses":{"204":{}}}`), "get /a/{id}: it answers nothing"},
		{"no JSON body", inDocument(plain, strings.Replace(plainOperation, `"responses"`, `"requestBody":{"content":{"text/csv":{}}},"responses"`, 1)), "not JSON"},
		{"parameter", inDocument(plain, strings.Replace(plainOperation, `"responses"`, `"parameters":[{"name":"p","in":"query","schema":{"type":"x"}}],"responses"`, 1)), "parameter p"},
	}
	for _, tt := range tests {
		got, err := Generate([]byte(tt.document))
		if err == nil || !strings.Contains(err.Error(), tt.want) || got != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}
