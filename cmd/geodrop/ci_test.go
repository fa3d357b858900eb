package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"geodrop/cmd/internal/generate"
	"geodrop/data/sample"
)

// repository is a git repository with the sample as its config.
type repository struct {
	t   *testing.T
	dir string
	env []string
}

func newRepository(t *testing.T) *repository {
	t.Helper()
	r := &repository{t: t, dir: t.TempDir()}
	home := t.TempDir()
	r.env = append(os.Environ(), "HOME="+home, "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.org",
		"GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.org")
	must(t, sample.Write(filepath.Join(r.dir, "config")))
	r.mustRun("git", "init", "-q")
	return r
}

// run runs a command in the repository and returns what it says.
func (r *repository) run(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = r.dir, r.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (r *repository) mustRun(name string, args ...string) {
	r.t.Helper()
	if out, err := r.run(name, args...); err != nil {
		r.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// edit replaces some text of a file.
func (r *repository) edit(file, was, is string) {
	r.t.Helper()
	path := filepath.Join(r.dir, file)
	text, err := os.ReadFile(path)
	must(r.t, err)
	if !strings.Contains(string(text), was) {
		r.t.Fatalf("%s has no %q", file, was)
	}
	must(r.t, os.WriteFile(path, []byte(strings.Replace(string(text), was, is, 1)), 0o644))
}

// steps are the scripts of a workflow's job, by name.
func steps(t *testing.T, text string) map[string]string {
	t.Helper()
	var workflow struct {
		On   map[string]any `yaml:"on"`
		Jobs map[string]struct {
			Steps []struct{ Name, Run, Uses string }
		}
	}
	must(t, yaml.Unmarshal([]byte(text), &workflow))
	if len(workflow.On) == 0 {
		t.Fatalf("nothing starts the workflow\n%s", text)
	}
	scripts := map[string]string{}
	for _, s := range workflow.Jobs["validate"].Steps {
		if (s.Run == "") == (s.Uses == "") {
			t.Fatalf("the step %q neither runs nor uses something, or both", s.Name)
		}
		if s.Run != "" {
			scripts[s.Name] = s.Run
		}
	}
	return scripts
}

// TestWorkflow runs what the workflow runs, as its runner would: it gets the
// binary, validates, and leaves a report of what is wrong.
func TestWorkflow(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	r := newRepository(t)
	var text strings.Builder
	must(t, generate.Write(&text, "github-actions", generate.Options{}))
	scripts := steps(t, text.String())
	binary, err := exec.LookPath("geodrop")
	must(t, err)
	content, err := os.ReadFile(binary)
	must(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }))
	defer server.Close()
	digest := sha256.Sum256(content)
	temp := t.TempDir()
	pathFile := filepath.Join(temp, "path")
	r.env = append(r.env, "RUNNER_TEMP="+temp, "GITHUB_PATH="+pathFile, "GEODROP_URL="+server.URL+"/geodrop", "GEODROP_SHA256="+hex.EncodeToString(digest[:]))

	step := func(name string) (string, error) {
		if scripts[name] == "" {
			t.Fatalf("there is no step %q in\n%s", name, text.String())
		}
		return r.run("bash", "-e", "-o", "pipefail", "-c", scripts[name])
	}
	if out, err := step("Get geodrop"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	added, err := os.ReadFile(pathFile)
	must(t, err)
	r.env = append(r.env, "PATH="+strings.TrimSpace(string(added))+":/usr/bin:/bin")
	if out, err := step("Validate"); err != nil {
		t.Fatalf("the sample is not valid: %v\n%s", err, out)
	}
	r.edit("config/prizes.csv", "GBP,2000\n", "GBP,20\n")
	if out, err := step("Validate"); err == nil || !strings.Contains(out, "config/prizes.csv:5:66: prize book-token has a budget of 20 units") {
		t.Errorf("a prize over its budget passes: %v\n%s", err, out)
	}
	report, err := os.ReadFile(filepath.Join(r.dir, "geodrop.sarif"))
	if err != nil || !strings.Contains(string(report), `"uri": "config/prizes.csv"`) {
		t.Errorf("%v: the report does not name the file\n%.2000s", err, report)
	}
	r.env = append(r.env, "GEODROP_SHA256="+strings.Repeat("0", 64))
	if out, err := step("Get geodrop"); err == nil {
		t.Errorf("a binary with another digest is taken\n%s", out)
	}
}

// TestHook commits with the hook: what is staged counts, whatever lies in the
// folder, and commits of other files are none of its business.
func TestHook(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	r := newRepository(t)
	var text strings.Builder
	must(t, generate.Write(&text, "pre-commit", generate.Options{}))
	must(t, os.WriteFile(filepath.Join(r.dir, ".git/hooks/pre-commit"), []byte(text.String()), 0o755))
	r.mustRun("git", "add", ".")
	r.mustRun("git", "commit", "-q", "-m", "The sample")

	r.edit("config/prizes.csv", "GBP,2000\n", "GBP,20\n")
	r.mustRun("git", "add", ".")
	r.edit("config/prizes.csv", "GBP,20\n", "GBP,2000\n") // too late: it is not staged
	out, err := r.run("git", "commit", "-q", "-m", "Save")
	if err == nil || !strings.Contains(out, "config/prizes.csv:5:66: prize book-token has a budget of 20 units") || !strings.Contains(out, "--no-verify") {
		t.Errorf("the commit of a prize over its budget: %v\n%s", err, out)
	}
	r.mustRun("git", "reset", "-q")

	r.edit("config/prizes.csv", "GBP,2000\n", "GBP,20\n") // is not staged
	must(t, os.WriteFile(filepath.Join(r.dir, "notes"), []byte("x"), 0o644))
	r.mustRun("git", "add", "notes")
	r.mustRun("git", "commit", "-q", "-m", "Notes")
}
