package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

var errIrregular = errors.New("not a regular file")

// OpenRegular opens a file for reading, and refuses folders, devices, sockets
// and pipes. It never waits: os.Open of a pipe would, for a writer to come.
func OpenRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: path, Err: errIrregular}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
