package report

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"geodrop/builder/plan"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdp "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is for what a browser takes on a busy machine.
const patience = 20 * time.Second

// tab is the page in a browser, and all that it did which it should not.
type tab struct {
	t     *testing.T
	ctx   context.Context
	file  string
	mutex sync.Mutex
	wrong []string
}

// openTab opens a file in a browser that knows nothing and asks nobody.
func openTab(t *testing.T, file string, width, height int64) *tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("no-pings", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND"), chromedp.WSURLReadTimeout(patience))
	ctx, end := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(end)
	ctx, end = chromedp.NewContext(ctx)
	t.Cleanup(end)
	b := &tab{t: t, ctx: ctx, file: "file://" + file}
	b.must("start chromium (make deps installs it)", chromedp.Do(ctx))
	b.must("watch the tab", chromedp.Listen(ctx, b.saw))
	_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
	b.must("watch the network", err)
	_, err = chromedp.Call(ctx, cdp.AddScriptToEvaluateOnNewDocument, cdp.AddScriptToEvaluateOnNewDocumentParams{
		Source: `document.addEventListener("securitypolicyviolation", e => console.error("policy", e.violatedDirective, e.blockedURI))`})
	b.must("watch the policy", err)
	b.colours("light")
	b.must("open", chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate(b.file)))
	b.until(`document.querySelector("canvas").dataset.drawn === "difference"`)
	return b
}

func (b *tab) must(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.mutex.Lock()
		defer b.mutex.Unlock()
		b.t.Fatalf("%s: %v\n%s", what, err, strings.Join(b.wrong, "\n"))
	}
}

// colours are those that the machine of the tab asks for.
func (b *tab) colours(scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}}})
	b.must("set the colours", err)
}

// saw notes requests, errors and warnings.
func (b *tab) saw(event any) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if e.Request.URL != b.file {
			b.wrong = append(b.wrong, "request to "+e.Request.URL)
		}
	case *runtime.EventExceptionThrown:
		b.wrong = append(b.wrong, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.wrong = append(b.wrong, fmt.Sprintf("console %s: %v", e.Type, e.Args))
	case *log.EventEntryAdded:
		b.wrong = append(b.wrong, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
	}
}

func (b *tab) until(expression string) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingInterval(30*time.Millisecond), chromedp.WithPollingTimeout(patience)))
	b.must(expression, err)
}

func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	b.must(expression, err)
	return v
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.must("click "+selector, chromedp.Do(b.ctx, chromedp.Click(selector)))
}

// shoot writes what the page looks like to the artifacts of the test.
func (b *tab) shoot(name string) {
	b.t.Helper()
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	b.must("screenshot", err)
	b.must("screenshot", os.WriteFile(filepath.Join(b.t.ArtifactDir(), name+".png"), png, 0o644))
}

// pixels counts those of the map that are of the colour of a custom property.
func (b *tab) pixels(name string) float64 {
	b.t.Helper()
	return value[float64](b, fmt.Sprintf(`(() => {
		const c = document.querySelector("canvas"), read = { willReadFrequently: true };
		const probe = new OffscreenCanvas(1, 1).getContext("2d", read), copy = new OffscreenCanvas(c.width, c.height).getContext("2d", read);
		copy.drawImage(c, 0, 0);
		probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--%s");
		probe.fillRect(0, 0, 1, 1);
		const [r, g, b] = probe.getImageData(0, 0, 1, 1).data, d = copy.getImageData(0, 0, c.width, c.height).data;
		let n = 0;
		for (let i = 0; i < d.length; i += 4) if (d[i] === r && d[i + 1] === g && d[i + 2] === b) n++;
		return n;
	})()`, name))
}

// TestBrowser opens the page from a file, on a desk and on a phone: the map shows
// the change, nothing is wider than the screen, and nobody is asked for anything.
// Pictures are among the artifacts: go test -artifacts.
func TestBrowser(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.html")
	p := planned(t)
	p.Map.Points = append([]plan.Point{added("Null island", 0.0001, 0.0001)}, p.Map.Points...)
	p.Map.Differ++
	if err := os.WriteFile(file, []byte(written(t, "html", p)), 0o644); err != nil {
		t.Fatal(err)
	}
	b := openTab(t, file, 1440, 900)
	b.shoot("desk-light")
	t.Run("views", func(t *testing.T) { views(t, b) })
	t.Run("district", func(t *testing.T) { district(t, b) })
	t.Run("far away", func(t *testing.T) { far(t, b) })
	b.colours("dark")
	b.until(`getComputedStyle(document.documentElement).getPropertyValue("--land") === "#1b2229"`)
	b.shoot("desk-dark")
	b.must("turn to a phone", chromedp.Do(b.ctx, chromedp.EmulateViewport(390, 844)))
	b.colours("light")
	b.until(`document.querySelector("canvas").getBoundingClientRect().width === 390`)
	if wide := value[float64](b, `document.scrollingElement.scrollWidth`); wide > 390 {
		t.Errorf("%v pixels wide on a screen of 390", wide)
	}
	b.shoot("phone-light")
	if names := value[float64](b, `[...document.querySelectorAll("td")].filter(td => td.textContent.includes("onerror=alert(1)")).length`); names != 1 {
		t.Errorf("%v cells have the name that is markup", names)
	}
	for _, wrong := range b.wrong {
		t.Error(wrong)
	}
}

// views: what differs is in its colours, and before and after are without them.
func views(t *testing.T, b *tab) {
	for _, kind := range []string{"added", "removed", "moved", "changed"} {
		if n := b.pixels(kind); n < 50 {
			t.Errorf("%v pixels are of what is %s", n, kind)
		}
	}
	for _, view := range []string{"before", "after"} {
		b.must("switch", chromedp.Do(b.ctx, chromedp.Click(fmt.Sprintf("input[value=%s] + span", view))))
		b.until(fmt.Sprintf(`document.querySelector("canvas").dataset.drawn === %q`, view))
		if n := b.pixels("place"); n < 1000 {
			t.Errorf("%v pixels are of places %s", n, view)
		}
		if n := b.pixels("moved"); n > 0 {
			t.Errorf("%v pixels are of moves %s", n, view)
		}
		b.shoot("desk-" + view)
	}
	b.must("switch", chromedp.Do(b.ctx, chromedp.Click("input[value=difference] + span")))
}

// district: a click on a district shows it, larger, and another click shows all.
func district(t *testing.T, b *tab) {
	b.until(`document.querySelector("canvas").dataset.drawn === "difference"`)
	all := b.pixels("removed")
	b.click(`nav [data-district="E09000033"]`)
	b.until(`document.querySelector('nav [data-district="E09000033"]').getAttribute("aria-pressed") === "true"`)
	b.until(`document.querySelector("canvas").dataset.held === "E09000033"`)
	b.shoot("desk-district")
	if shown := b.pixels("held"); shown < 500 {
		t.Errorf("%v pixels are of the border of the district", shown)
	}
	b.click(`[data-zoom="0"]`)
	b.until(`document.querySelector("canvas").dataset.held === ""`)
	if again := b.pixels("removed"); again != all {
		t.Errorf("%v pixels are of what is removed, %v at first", again, all)
	}
}

// far: a place out of the picture does not make the rest small, and can be gone to.
func far(t *testing.T, b *tab) {
	if names := value[string](b, `[...document.querySelectorAll("[data-far] .name")].map(e => e.textContent).join()`); names != "Null island" {
		t.Errorf("far away are %q", names)
	}
	for _, legend := range []string{"more", "fewer"} {
		if hidden := value[bool](b, fmt.Sprintf(`document.querySelector("li[data-kind=%s]").hidden`, legend)); hidden {
			t.Errorf("no legend for districts with %s drops", legend)
		}
	}
	b.click(`nav [data-far]`)
	b.until(`document.querySelector("canvas").dataset.pointed === "Null island"`)
	b.shoot("desk-far")
	if kept := b.pixels("removed"); kept > 0 {
		t.Errorf("%v pixels are of what is removed, far away", kept)
	}
	b.click(`[data-zoom="0"]`)
	b.until(`document.querySelector("canvas").dataset.pointed === ""`)
}
