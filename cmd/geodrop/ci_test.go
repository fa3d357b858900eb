package main

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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

// runner runs the steps of the workflow in a repository as their runner would.
type runner struct {
	*repository
	temp    string
	scripts map[string]string
}

func newRunner(t *testing.T, r *repository) *runner {
	t.Helper()
	var text strings.Builder
	must(t, generate.Write(&text, "github-actions", generate.Options{}))
	u := &runner{repository: r, temp: t.TempDir(), scripts: steps(t, text.String())}
	u.env = append(u.env, "RUNNER_TEMP="+u.temp, "GITHUB_PATH="+u.file("path"), "GITHUB_STEP_SUMMARY="+u.file("summary"))
	return u
}

// file is a file of the runner's folder for temporary ones.
func (u *runner) file(name string) string { return filepath.Join(u.temp, name) }

func (u *runner) step(name string) (string, error) {
	u.t.Helper()
	if u.scripts[name] == "" {
		u.t.Fatalf("there is no step %q in %q", name, u.scripts)
	}
	return u.run("bash", "-e", "-o", "pipefail", "-c", u.scripts[name])
}

func (u *runner) mustStep(name string) string {
	u.t.Helper()
	out, err := u.step(name)
	if err != nil {
		u.t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return out
}

// reset forgets what steps left behind.
func (u *runner) reset() {
	u.t.Helper()
	must(u.t, os.RemoveAll(u.file("before")))
	must(u.t, os.RemoveAll(u.file("base")))
	u.mustRun("git", "worktree", "prune")
}

// TestWorkflow runs what the workflow runs of a push: it gets the binary,
// validates, and leaves a report of what is wrong.
func TestWorkflow(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	u := newRunner(t, newRepository(t))
	for _, name := range []string{"GEODROP_URL", "GEODROP_SHA256"} {
		if out, err := u.step("Get geodrop"); err == nil || !strings.Contains(out, "set the repository variable "+name) {
			t.Errorf("without %s: %v\n%s", name, err, out)
		}
		u.env = append(u.env, name+"=x")
	}
	binary, err := exec.LookPath("geodrop")
	must(t, err)
	content, err := os.ReadFile(binary)
	must(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }))
	defer server.Close()
	digest := sha256.Sum256(content)
	u.env = append(u.env, "GEODROP_URL="+server.URL+"/geodrop", "GEODROP_SHA256="+hex.EncodeToString(digest[:]))
	u.mustStep("Get geodrop")
	added, err := os.ReadFile(u.file("path"))
	must(t, err)
	u.env = append(u.env, "PATH="+strings.TrimSpace(string(added))+":/usr/bin:/bin")
	u.mustStep("Validate")
	u.edit("config/prizes.csv", "GBP,2000\n", "GBP,20\n")
	if out, err := u.step("Validate"); err == nil || !strings.Contains(out, "config/prizes.csv:5:66: prize book-token has a budget of 20 units") {
		t.Errorf("a prize over its budget passes: %v\n%s", err, out)
	}
	report, err := os.ReadFile(filepath.Join(u.dir, "geodrop.sarif"))
	if err != nil || !strings.Contains(string(report), `"uri": "config/prizes.csv"`) {
		t.Errorf("%v: the report does not name the file\n%.2000s", err, report)
	}
	u.env = append(u.env, "GEODROP_SHA256="+strings.Repeat("0", 64))
	if out, err := u.step("Get geodrop"); err == nil {
		t.Errorf("a binary with another digest is taken\n%s", out)
	}
}

// TestWorkflowOfPullRequest runs what the workflow runs of a pull request: what
// it changes is there to compare with, in the findings and in a plan. What cannot
// be built does not keep away what mends it.
func TestWorkflowOfPullRequest(t *testing.T) {
	if testing.Short() {
		t.Skip("long, and little in it runs side by side")
	}
	u := newRunner(t, newRepository(t))
	u.mustRun("git", "add", ".")
	u.mustRun("git", "commit", "-q", "-m", "The sample")
	u.cut("config/pois.csv", 100)
	u.mustRun("git", "commit", "-q", "-a", "-m", "A table that came back short")

	u.mustStep("Build what it changes")
	if out, err := u.step("Validate"); err == nil || !strings.Contains(out, "error counts-moved: ") {
		t.Errorf("most places are gone, and it passes: %v\n%s", err, out)
	}
	u.mustStep("Show what it does to the map")
	summary, err := os.ReadFile(u.file("summary"))
	if err != nil || !strings.Contains(string(summary), "emoved") {
		t.Errorf("%v: the summary says nothing of what is removed\n%s", err, summary)
	}
	page, err := os.ReadFile(filepath.Join(u.dir, "plan.html"))
	if err != nil || !strings.Contains(string(page), "</html>") {
		t.Errorf("%v: no page of %d bytes", err, len(page))
	}

	u.reset()
	u.mustRun("git", "rm", "-q", "-r", "--cached", "config")
	u.mustRun("git", "commit", "-q", "-m", "No config")
	u.mustRun("git", "add", "config")
	u.mustRun("git", "commit", "-q", "-m", "The first config")
	if out := u.mustStep("Build what it changes"); !strings.Contains(out, "::warning::") {
		t.Errorf("nothing says that there is nothing to compare with\n%s", out)
	}
	if out, _ := u.step("Validate"); strings.Contains(out, "counts-moved") || !strings.Contains(out, " POIs") {
		t.Errorf("without a config to compare with\n%s", out)
	}
	u.mustStep("Show what it does to the map")
}

// cut leaves the first lines of a file.
func (r *repository) cut(file string, lines int) {
	r.t.Helper()
	path := filepath.Join(r.dir, file)
	text, err := os.ReadFile(path)
	must(r.t, err)
	all := strings.SplitAfter(string(text), "\n")
	must(r.t, os.WriteFile(path, []byte(strings.Join(all[:lines], "")), 0o644))
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
	r.mustRun("git", "checkout", "-q", "config")

	r.cut("config/pois.csv", 100)
	r.mustRun("git", "add", ".")
	if out, err := r.run("git", "commit", "-q", "-m", "Short"); err == nil || !strings.Contains(out, "error counts-moved: ") {
		t.Errorf("the commit of a table that came back short: %v\n%s", err, out)
	}
	there := r.env
	r.env = append(slices.Clone(there), "PATH=/usr/bin:/bin")
	if out, err := r.run("git", "commit", "-q", "-m", "Short"); err == nil || !strings.Contains(out, "geodrop is not on the PATH") || strings.Contains(out, "Mend it") {
		t.Errorf("without geodrop: %v\n%s", err, out)
	}
	r.env = there
	must(t, os.WriteFile(filepath.Join(r.dir, "config/rules.yaml"), []byte("severity: {name-emty: off}\n"), 0o644))
	r.mustRun("git", "add", ".")
	if out, err := r.run("git", "commit", "-q", "-m", "Rules"); err == nil || !strings.Contains(out, `there is no rule "name-emty"`) || strings.Contains(out, "Mend it") {
		t.Errorf("with rules that are none: %v\n%s", err, out)
	}
	r.mustRun("git", "reset", "-q", "--hard")

	r.edit("config/prizes.csv", "GBP,2000\n", "GBP,20\n") // is not staged
	must(t, os.WriteFile(filepath.Join(r.dir, "notes"), []byte("x"), 0o644))
	r.mustRun("git", "add", "notes")
	r.mustRun("git", "commit", "-q", "-m", "Notes")
}
