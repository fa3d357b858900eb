package extsort

import (
	"io"
	"os"
)

// fileSystem is what run files need of one.
type fileSystem interface {
	create(path string) (file, error)
	open(path string) (file, error)
	remove(path string) error
}

type file interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// osFiles is the file system of the machine.
type osFiles struct{}

func (osFiles) create(path string) (file, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

func (osFiles) open(path string) (file, error) { return os.Open(path) }

func (osFiles) remove(path string) error { return os.Remove(path) }
