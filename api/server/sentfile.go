package server

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/gzip"

	"geodrop/api/console"
)

// sentFile is a file that is sent as it is, or compressed.
type sentFile struct {
	console.File
	gzip func() []byte // of the body, made when it is first asked for
}

func newSentFile(f console.File) *sentFile {
	return &sentFile{f, sync.OnceValue(func() []byte { return zipBest(f.Body) })}
}

// zipBest takes its time: the files are sent many times.
func zipBest(body []byte) []byte {
	var b bytes.Buffer
	// The level is one that there is, and a bytes.Buffer takes all.
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(body)
	_ = w.Close()
	return b.Bytes()
}
