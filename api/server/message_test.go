//go:build !race

// What reads the definition takes long to compile, and nothing here runs side by side.

package server

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"geodrop/api"
)

// lookupResponse reads an answer by the definition that the server hands out.
func lookupResponse(t *testing.T, s http.Handler, b []byte) protoreflect.Message {
	t.Helper()
	const name = "geodrop.proto"
	source := ask(s, "GET", "/"+name, "").Body.String()
	compiler := protocompile.Compiler{Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
		Accessor: protocompile.SourceAccessorFromMap(map[string]string{name: source}),
	})}
	files, err := compiler.Compile(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	m := dynamicpb.NewMessage(files[0].Messages().ByName("LookupResponse"))
	if err := proto.Unmarshal(b, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestMessages: each of the ways to ask in a message is answered in one, with
// what JSON has.
func TestMessages(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	var want struct {
		Cell  string
		Drops []struct {
			POI   string
			Tasks []string
		}
		Tasks []struct{ ID string }
	}
	if err := json.Unmarshal(ask(s, "POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127}`).Body.Bytes(), &want); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ method, target, body, sends string }{
		{"POST", "/v1/lookup", here, sendsMessage},
		{"POST", "/v1/lookup", here, "Content-Type: application/X-Protobuf; messageType=\"geodrop.v1.LookupRequest\""},
		{"POST", "/v1/lookup", `{"lat":51.5145,"lng":-0.127}`, "Content-Type: application/json"},
		{"GET", "/v1/lookup?lat=51.5145&lng=-0.127", "", "X: y"},
	} {
		w := ask(s, tt.method, tt.target, tt.body, tt.sends, takesMessage)
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/x-protobuf" || w.Header().Get("Vary") != "Accept" {
			t.Fatalf("%+v: %d %v", tt, w.Code, w.Header())
		}
		m := lookupResponse(t, s, w.Body.Bytes())
		of := func(m protoreflect.Message, name protoreflect.Name) protoreflect.Value {
			return m.Get(m.Descriptor().Fields().ByName(name))
		}
		drops, tasks := of(m, "drops").List(), of(m, "tasks").List()
		if of(m, "cell").String() != want.Cell || drops.Len() != len(want.Drops) || tasks.Len() != len(want.Tasks) {
			t.Fatalf("%+v: cell %s, %d drops, %d tasks", tt, of(m, "cell"), drops.Len(), tasks.Len())
		}
		for i, d := range want.Drops {
			got := drops.Get(i).Message()
			places := of(got, "tasks").List()
			if of(got, "poi").String() != d.POI || places.Len() != len(d.Tasks) {
				t.Fatalf("%+v: drop %d is %v, want %v", tt, i, got, d)
			}
			for j, id := range d.Tasks {
				if no := places.Get(j).Uint(); want.Tasks[no].ID != id {
					t.Errorf("%+v: drop %d has task %s, want %s", tt, i, want.Tasks[no].ID, id)
				}
			}
		}
	}
	if w := ask(s, "POST", "/v1/lookup", here, sendsMessage); !json.Valid(w.Body.Bytes()) {
		t.Errorf("a message without Accept is answered by %q", w.Body)
	}
}

// TestTagsOfRepresentations: JSON and message of one answer have tags that do
// not stand for each other.
func TestTagsOfRepresentations(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	const target = "/v1/lookup?lat=51.5145&lng=-0.127"
	text, message := ask(s, "GET", target, ""), ask(s, "GET", target, "", takesMessage)
	tag := message.Header().Get("ETag")
	if tag == "" || tag == text.Header().Get("ETag") || text.Header().Get("Vary") != "Accept" {
		t.Fatalf("tags %s and %s, Vary %q", tag, text.Header().Get("ETag"), text.Header().Get("Vary"))
	}
	if w := ask(s, "GET", target, "", takesMessage, "If-None-Match: "+tag); w.Code != http.StatusNotModified || w.Header().Get("Vary") != "Accept" {
		t.Errorf("with the tag of the message: %d, Vary %q", w.Code, w.Header().Get("Vary"))
	}
	if w := ask(s, "GET", target, "", "If-None-Match: "+tag); w.Code != http.StatusOK || !bytes.Equal(w.Body.Bytes(), text.Body.Bytes()) {
		t.Errorf("JSON with the tag of the message: %d", w.Code)
	}
}

func TestAccept(t *testing.T) {
	s := newServer(t, Options{Releases: openSample(t)})
	const text, message, none = "application/json", "application/x-protobuf", "application/problem+json"
	for _, tt := range []struct{ accept, want string }{
		{"", text}, {"*/*", text}, {"application/*", text}, {"application/json", text}, {",", text},
		{"application/x-protobuf", message}, {"Application/X-Protobuf;q=0.1", message},
		{"application/x-protobuf, application/json", text}, {"application/json, application/x-protobuf", text},
		{"application/x-protobuf;q=0.5, application/json;q=0.4", message}, {"application/x-protobuf;q=0.4, application/json;q=0.5", text},
		{"application/x-protobuf;q=0.5, */*", text}, {"application/x-protobuf, */*;q=0.9", message},
		{"application/json;q=0, */*", message}, {"application/json;q=0", none}, {"*/*;q=0", none},
		{"application/x-protobuf;q=0, application/json;q=0.001", text}, {"application/x-protobuf;q=x", message},
		{"text/*", none}, {"application/protobuf", none}, {"application", none}, {"*", none},
	} {
		if got := ask(s, "GET", "/v1/lookup?lat=1&lng=1", "", "Accept: "+tt.accept).Header().Get("Content-Type"); got != tt.want {
			t.Errorf("Accept %q gets %s, want %s", tt.accept, got, tt.want)
		}
	}
	checkProblem(t, ask(s, "GET", "/v1/cells/200-78785-62223", "", takesMessage), 406, api.CodeNotAcceptable, "")
}
