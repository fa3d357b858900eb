package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is for what a browser takes on a busy machine.
const patience = 20 * time.Second

// startChromium starts a browser of its own for a test, which knows nothing and
// asks nobody.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true),
		chromedp.Flag("disable-domain-reliability", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.WSURLReadTimeout(patience),
	)
	ctx, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start chromium (make deps installs it): %v", err)
	}
	return ctx
}

// tab is a page, and all that it did which it should not.
type tab struct {
	t       *testing.T
	ctx     context.Context
	address string
	host    string
	mutex   sync.Mutex
	wrong   []string
}

// violations makes the browser report what the policy kept the page from.
const violations = `globalThis.kept = [];
document.addEventListener("securitypolicyviolation", e => {
	console.error("policy", e.violatedDirective, e.blockedURI, e.sourceFile);
	kept.push(e.violatedDirective);
})`

// openTab opens a page in light colours, where nothing moves by itself.
func openTab(t *testing.T, browser context.Context, address string, width, height int64) *tab {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := chromedp.NewContext(browser)
	t.Cleanup(end)
	b := &tab{t: t, ctx: ctx, address: address, host: u.Host}
	b.must("watch the tab", chromedp.Listen(ctx, b.saw))
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	b.must("watch the network", err)
	_, err = chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: violations})
	b.must("watch the policy", err)
	b.colours("light")
	b.do("open "+address, chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
	return b
}

// colours are those that the machine of the tab asks for.
func (b *tab) colours(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	b.must("set the colours", err)
}

// anew is the tab for another test, which answers for what happens from now.
func (b *tab) anew(t *testing.T) *tab {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.t, b.wrong = t, nil
	return b
}

func (b *tab) must(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%s: %v\n%s", what, err, strings.Join(b.faults(), "\n"))
	}
}

// saw notes requests to other hosts, errors and warnings.
func (b *tab) saw(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if u, err := url.Parse(e.Request.URL); err != nil || u.Host != b.host {
			b.wrong = append(b.wrong, "request to "+e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.wrong = append(b.wrong, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		var words []string
		for _, arg := range e.Args {
			words = append(words, string(arg.Value))
		}
		b.wrong = append(b.wrong, fmt.Sprintf("console %s: %s", e.Type, strings.Join(words, " ")))
	case *log.EventEntryAdded:
		b.wrong = append(b.wrong, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
	}
}

func (b *tab) faults() []string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.wrong
}

// checkFaults fails on any that does not hold one of the words.
func (b *tab) checkFaults(except ...string) {
	b.t.Helper()
	for _, fault := range b.faults() {
		expected := false
		for _, word := range except {
			expected = expected || strings.Contains(fault, word)
		}
		if !expected {
			b.t.Error(fault)
		}
	}
}

// until waits for an expression to be true.
func (b *tab) until(expression string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience))); err != nil {
		b.shoot("failed")
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		b.t.Fatalf("%s: %v; the page says:\n%s\n%s", expression, err, text, strings.Join(b.faults(), "\n"))
	}
}

// says waits for a text in an element.
func (b *tab) says(selector, text string) {
	b.t.Helper()
	b.until(fmt.Sprintf(`(document.querySelector(%s)?.innerText ?? "").includes(%s)`, quote(selector), quote(text)))
}

func quote(s string) string {
	b, _ := json.Marshal(s) // a string always has JSON
	return string(b)
}

// value is what an expression comes to.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	b.must(expression, err)
	return v
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	b.must(what, chromedp.Do(b.ctx, steps...))
}

// shoot writes what the page looks like to the artifacts of the test.
func (b *tab) shoot(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.must("screenshot", err)
	b.must("screenshot", os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), png, 0o644))
}
