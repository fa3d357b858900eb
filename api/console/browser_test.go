package console_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// picture is the map, copied: the page's own canvas is not for reading back.
const picture = `[...document.querySelectorAll(".canvas canvas")].map(canvas => {
	const { width, height } = canvas, copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
	copy.drawImage(canvas, 0, 0);
	return { width, height, box: canvas.getBoundingClientRect(), data: copy.getImageData(0, 0, width, height).data };
})`

// pixels counts those of the map that are of a colour, and where they are.
const pixels = `(([r, g, b]) => {
	let n = 0, x = 0, y = 0;
	for (const { width, height, box, data } of ` + picture + `) {
		for (let i = 0; i < data.length; i += 4) {
			if (data[i] !== r || data[i + 1] !== g || data[i + 2] !== b || data[i + 3] !== 255) continue;
			n++;
			x += box.left + (i / 4 % width) / width * box.width;
			y += box.top + Math.floor(i / 4 / width) / height * box.height;
		}
	}
	return { n, x: x / n, y: y / n };
})`

// shades counts the colours of the map.
const shades = `new Set(` + picture + `.flatMap(({ data }) => [...new Uint32Array(data.buffer)])).size`

// The colours of style.css.
const (
	cluster   = "[213, 107, 91]"
	landDark  = "[26, 32, 39]"
	foundDark = "[255, 106, 80]"
	land      = "[247, 246, 242]"
	found     = "[200, 50, 31]"
	pointed   = "[20, 99, 196]"
)

type spot struct{ N, X, Y float64 }

// insert puts text into a field, at once and instead of what is there.
func insert(field, text string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (v chromedp.Void, err error) {
		if _, err = chromedp.Evaluate[bool](fmt.Sprintf("document.forms[0].elements[%q].select() ?? true", field))(ctx, t); err != nil {
			return v, err
		}
		_, err = chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: text})
		return v, err
	}
}

// lookUp sends the form.
func (b *tab) lookUp(lat, lng string) {
	b.t.Helper()
	b.do("fill the form", insert("lat", lat), insert("lng", lng))
	b.do("send the form", chromedp.SendKeys("input[name=lng]", "\r"))
}

// pointAt points at a drop in the list, and says where the map shows that.
func (b *tab) pointAt(name string) spot {
	b.t.Helper()
	value[bool](b, fmt.Sprintf(`[...document.querySelectorAll(".drops li")].find(li => li.innerText.includes(%s)).focus() ?? true`, quote(name)))
	b.until(pixels + "(" + pointed + ").n > 50")
	return value[spot](b, pixels+"("+pointed+")")
}

// start opens the page and waits for the map.
func start(t *testing.T, browser context.Context, s *site, width, height int64) *tab {
	t.Helper()
	b := openTab(t, browser, s.url, width, height)
	b.says(".status", "738 places in 33 districts")
	b.until(`document.querySelector("[data-drawn]") !== null`)
	return b
}

func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("the browser is what takes long")
	}
	s, browser := newSite(t), startChromium(t)
	t.Run("desk", func(t *testing.T) { looks(t, start(t, browser, s, 1440, 900), 1440) })
	t.Run("phone", func(t *testing.T) { looks(t, start(t, browser, s, 390, 844), 390) })
	t.Run("norelease", func(t *testing.T) { noRelease(t, browser, s) })
	t.Run("tiles", func(t *testing.T) { tiles(t, browser, s) })
	b := start(t, browser, s, 1440, 900)
	for _, tt := range []struct {
		name string
		test func(*testing.T, *tab, *site)
	}{
		{"click", click}, {"keyboard", keyboard}, {"hostile", hostileText}, {"form", form}, {"busy", busy}, {"policy", policy},
	} {
		t.Run(tt.name, func(t *testing.T) { tt.test(t, b.anew(t), s) })
	}
}

// looks: there is a map in the colours that are asked for, nothing is wider than
// the screen, nobody else is asked. Pictures are among the artifacts: go test
// -artifacts.
func looks(t *testing.T, b *tab, width float64) {
	b.shoot("start-light")
	if river := value[spot](b, pixels+"("+land+")"); river.N < 1000 {
		t.Errorf("%v pixels of land show between the districts", river.N)
	}
	b.colours("dark")
	b.until(pixels + "(" + landDark + ").n >= 1000")
	b.shoot("start-dark")
	b.lookUp("51.5145", "-0.1270")
	b.says(".drops", "Earnshaw Street")
	b.until(pixels + "(" + foundDark + ").n > 13 * 50")
	b.shoot("answer-dark")
	b.colours("light")
	b.until(pixels + "(" + found + ").n > 13 * 50")
	b.shoot("answer-light")
	if colours := value[float64](b, shades); colours < 20 {
		t.Errorf("the map has %v colours", colours)
	}
	b.says(".credit", "Land: Natural Earth · Powered by TfL Open Data · Contains National Statistics data © Crown copyright")
	if wide := value[float64](b, `document.scrollingElement.scrollWidth`); wide > width {
		t.Errorf("%v pixels wide on a screen of %v", wide, width)
	}
	b.checkFaults()
}

// click: a drop that is pointed at in the list is drawn as such, and a click
// there asks what is there.
func click(t *testing.T, b *tab, _ *site) {
	b.lookUp("51.5145", "-0.1270")
	b.says(".drops", "Bury Place")
	at := b.pointAt("Bury Place")
	b.do("click the drop", chromedp.MouseClickXY(at.X, at.Y))
	b.says(".drops li:first-child .title", "Bury Place")
	if d := value[string](b, `document.querySelector(".drops .distance").innerText`); len(d) > len("9 m") {
		t.Errorf("a click on the drop is %s from it", d)
	}
	b.says("h2", "Camden")
	b.says(".tasks", "Red packets all over London")
	b.says(".tasks .badge", "active")
	b.says(".same", `/v1/lookup -H 'Content-Type: application/json' -d '{"lat":51.5`)
	b.do("open the answer", chromedp.Click("summary"))
	b.says("details pre", `"poi": "tfl-`)
	if where := value[string](b, `location.href + history.length`); where != b.address+"/2" {
		t.Errorf("the page is at %s: a position must not get there", where)
	}
	b.checkFaults()
}

// form: mistakes are told at the field, a pasted pair fills both.
func form(t *testing.T, b *tab, _ *site) {
	b.lookUp("here", "0")
	b.says(".wrong", "Latitude is a number of degrees")
	b.until(`document.querySelector("input[name=lat]").ariaInvalid === "true"`)
	b.checkFaults()

	b.lookUp("91", "0")
	b.says(".problem", "The coordinate is out of range")
	b.until(`document.querySelector("input[name=lat]").ariaInvalid === "true" && document.querySelector(".problem button") === null`)

	b.lookUp("0", "0")
	b.says(".result", "No drops within sight of this place")
	b.says("h2", "Outside all districts")
	b.until(pixels + "(" + land + ").n === 0") // off Ghana

	b.do("paste", insert("lng", "51.5145, −0.1270"), chromedp.SendKeys("input[name=lat]", "\r"))
	b.says(".drops", "Earnshaw Street")
	b.checkFaults("400 (Bad Request)")
}

// keyboard: the map answers without a pointer.
func keyboard(t *testing.T, b *tab, _ *site) {
	b.do("go to the map", chromedp.Focus(".canvas"), chromedp.KeyEvent("\r"))
	b.says("[role=status].spoken", " drops of ")
	b.until(`getComputedStyle(document.querySelector(".cross")).display === "block"`)
	before := value[string](b, `document.querySelector(".summary dd").innerText`)
	b.do("pan", chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("\r"))
	b.until(`document.querySelector(".summary dd").innerText !== ` + quote(before))
	b.checkFaults()
}

// busy: a lookup that was turned away is asked again, at once if somebody wants.
func busy(t *testing.T, b *tab, s *site) {
	s.busy.Store(1)
	b.lookUp("51.5145", "-0.1270")
	b.says(".problem", "The node is overloaded")
	b.says(".drops", "Earnshaw Street") // a second later

	s.busy.Store(100)
	b.lookUp("51.5145", "-0.1270")
	b.says(".problem", "The node is overloaded")
	b.says(".problem", "req-7")
	b.says(".countdown", "Asking again in 1 s.")
	b.shoot("busy")
	s.busy.Store(0)
	b.do("press the button", chromedp.Click(".problem button"))
	b.says(".drops", "Earnshaw Street")
	b.checkFaults("503 (Service Unavailable)")
}

// noRelease: the page says so, and goes on when there is one.
func noRelease(t *testing.T, browser context.Context, s *site) {
	s.shown.Store(false)
	b := openTab(t, browser, s.url, 1440, 900)
	b.says(".status", "There is no release yet")
	b.says(".problem", "no_release")
	b.shoot("norelease")
	s.shown.Store(true)
	b.says(".status", "738 places in 33 districts")
	b.says(".result", "Click the map")
	b.checkFaults("503 (Service Unavailable)")
}

// tiles: a release too large for one answer is drawn by tiles.
func tiles(t *testing.T, browser context.Context, s *site) {
	s.tiled.Store(true)
	defer s.tiled.Store(false)
	b := start(t, browser, s, 1440, 900)
	b.until(pixels + "(" + cluster + ").n > 100")
	b.shoot("tiles")
	b.checkFaults()
}

// hostileText: names are text, whatever is in them.
func hostileText(t *testing.T, b *tab, _ *site) {
	b.lookUp("51.47", "-0.11")
	b.says(".drops", hostile)
	at := b.pointAt(hostile)
	b.do("point at the place", chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at.X, at.Y))
	b.says(".tip", hostile)
	if n := value[float64](b, `document.images.length`); n != 0 {
		t.Errorf("a name became %v images", n)
	}
	b.checkFaults()
}

// policy: what the page must not do is kept from happening, and seen by the
// other tests.
func policy(t *testing.T, b *tab, s *site) {
	for what, does := range map[string]string{
		"img-src":         `document.body.append(Object.assign(new Image(), {src: "https://geodrop.invalid/x.png"}))`,
		"script-src-elem": `document.body.append(Object.assign(document.createElement("script"), {textContent: "1"}))`,
		"style-src-elem":  `document.body.append(Object.assign(document.createElement("style"), {textContent: "a{}"}))`,
		"connect-src":     `void fetch("https://geodrop.invalid/").catch(() => 0)`,
	} {
		value[bool](b, does+", true")
		b.until(fmt.Sprintf("kept.includes(%q)", what))
		if !strings.Contains(strings.Join(b.faults(), "\n"), `"`+what+`"`) {
			t.Errorf("%s: seen by nobody: %q", what, b.faults())
		}
	}
}
