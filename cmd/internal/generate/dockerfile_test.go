package generate

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDockerfile: what is copied and built is in the checkout, and the Go there
// is that of the module.
func TestDockerfile(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	text := string(written(t, "dockerfile", Options{}))
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(mod))
	if !strings.Contains(text, "FROM golang:"+version[1]+"-") {
		t.Errorf("Go %s is not what it builds with", version[1])
	}
	known := regexp.MustCompile(`^(FROM|WORKDIR|COPY|RUN|ARG|USER|VOLUME|EXPOSE|ENV|STOPSIGNAL|ENTRYPOINT|CMD) \S`)
	user := ""
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", ""), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !known.MatchString(line) {
			t.Errorf("no instruction: %s", line)
		}
		words := strings.Fields(line)
		switch words[0] {
		case "COPY":
			checkCopied(t, root, words[1:], text)
		case "USER":
			user = words[1]
		case "ENTRYPOINT", "CMD", "VOLUME":
			if err := json.Unmarshal([]byte(line[len(words[0]):]), new([]string)); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
	if user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		t.Errorf("it runs as %q", user)
	}
	checkFolders(t, root, text)
	if _, err := os.Stat(filepath.Join(root, "cmd", "geodrop", "main.go")); err != nil {
		t.Error(err)
	}
}

// checkFolders wants all folders with source copied, and none besides.
func checkFolders(t *testing.T, root, text string) {
	t.Helper()
	entries, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text, "COPY . ") {
		t.Error("all of the checkout is copied")
	}
	for _, e := range entries {
		direct, err1 := filepath.Glob(filepath.Join(root, e.Name(), "*.go"))
		below, err2 := filepath.Glob(filepath.Join(root, e.Name(), "*", "*.go"))
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		source := len(direct)+len(below) > 0
		if copied := strings.Contains(text, "\nCOPY "+e.Name()+" ./"+e.Name()+"\n"); e.IsDir() && copied != source {
			t.Errorf("%s is copied: %v, want %v", e.Name(), copied, source)
		}
	}
}

// checkCopied wants what is copied from the checkout in it, and what is copied
// from the other image made there.
func checkCopied(t *testing.T, root string, words []string, text string) {
	t.Helper()
	fromBuild := false
	for _, w := range words[:len(words)-1] {
		switch {
		case w == "--from=build":
			fromBuild = true
		case strings.HasPrefix(w, "--"):
		case fromBuild && !strings.Contains(text, "-o "+w+" ") && !strings.Contains(text, "mkdir -p "+w+"\n"):
			t.Errorf("nothing makes %s", w)
		case !fromBuild:
			if _, err := os.Stat(filepath.Join(root, w)); err != nil {
				t.Error(err)
			}
		}
	}
}
