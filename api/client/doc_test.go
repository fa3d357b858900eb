package client

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestNames: the package comment has the methods of both clients.
func TestNames(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("typescript/geodrop.ts")
	if err != nil {
		t.Fatal(err)
	}
	_, class, _ := strings.Cut(string(script), "export class Client ")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  (?:async \*)?([a-z]\w+)\(`).FindAllStringSubmatch(class, -1) {
		names = append(names, m[1])
	}
	const least = 10 // what they had when this was written
	if len(names) < least {
		t.Fatalf("the TypeScript client has the methods %q", names)
	}
	methods := reflect.TypeFor[*Client]()
	for i := range methods.NumMethod() {
		if name := methods.Method(i).Name; name != "Close" {
			names = append(names, name)
		}
	}
	for _, name := range names {
		if !regexp.MustCompile(`(?m)^//\t.*\b` + name + `\b`).Match(doc) {
			t.Errorf("doc.go does not have %s", name)
		}
	}
}
