package server

import (
	"net/http"
	"strconv"
	"time"

	"geodrop/api"
	"geodrop/api/console"
)

// pagePolicy lets the page load nothing but its own files.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pageAge is how long a file whose name changes with its bytes may be kept.
const pageAge = 365 * 24 * time.Hour

// pageFiles are the files of the page by name.
func pageFiles() (map[string]*sentFile, error) {
	files, err := console.Files()
	if err != nil {
		return nil, err
	}
	page := make(map[string]*sentFile, len(files))
	for _, f := range files {
		page[f.Name] = newSentFile(f)
	}
	return page, nil
}

func getPage(x *exchange) error { return x.sendFile(console.Index) }

func getPageFile(x *exchange) error { return x.sendFile(x.parameter("file")) }

// sendFile sends a file of the page.
func (x *exchange) sendFile(name string) error {
	file, ok := x.server.page[name]
	if !ok {
		return api.NewProblem(api.CodeNotFound, "", "nothing is here; / is the page")
	}
	h := x.w.Header()
	h["Content-Security-Policy"] = []string{pagePolicy}
	h["Referrer-Policy"] = []string{"no-referrer"}
	h["Cross-Origin-Opener-Policy"] = []string{"same-origin"}
	caching := "no-cache"
	if file.Immutable {
		caching = "public, immutable, max-age=" + strconv.Itoa(int(pageAge/time.Second))
	}
	x.sendUnlessHad(file, caching)
	return nil
}

// sendUnlessHad sends a file, or 304 to whom has it. The tag is of the bytes that
// are sent.
func (x *exchange) sendUnlessHad(file *sentFile, caching string) {
	body := file.Body
	if x.zips() {
		body = file.gzip()
	}
	x.key = append(x.key[:0], body...)
	had := x.hasTag(x.etag(x.key))
	x.w.Header()["Cache-Control"] = []string{caching}
	if had {
		x.sendNotModified()
		return
	}
	x.send(http.StatusOK, []string{file.Type}, body)
}

// zips tells whether the client takes gzip; then the answer has to be.
func (x *exchange) zips() bool {
	x.vary(acceptCoding)
	if !x.takesGzip() {
		return false
	}
	x.w.Header()["Content-Encoding"] = []string{"gzip"}
	return true
}
