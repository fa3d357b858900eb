package index

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"geodrop/sync/atomicfile"

	"github.com/edsrzf/mmap-go"
)

// mapping is a mapped file. The file stays open, to look at what was mapped
// whatever has its name since.
type mapping struct {
	bytes mmap.MMap
	file  *os.File
}

func mapFile(path string, opts Options) (*mapping, error) {
	f, err := atomicfile.OpenRegular(path)
	if err != nil {
		return nil, hinted(err)
	}
	m, err := mapOpen(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("map %s: %w", path, hinted(err)), f.Close())
	}
	if opts.HugePages {
		adviseHugePages(m)
	}
	return &mapping{bytes: m, file: f}, nil
}

func mapOpen(f *os.File) (mmap.MMap, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() == 0 {
		return nil, corrupt("header", "the file is empty")
	}
	return mmap.Map(f, mmap.RDONLY, 0)
}

// hinted adds what to do where a process may not have more files or mappings.
func hinted(err error) error {
	switch {
	case errors.Is(err, syscall.EMFILE):
		return fmt.Errorf("%w: raise the limit of the process (ulimit -Hn, LimitNOFILE)", err)
	case errors.Is(err, syscall.ENOMEM):
		return fmt.Errorf("%w: raise the limit of mappings (vm.max_map_count), or give more memory", err)
	}
	return err
}

// check holds the length of the file against that of the mapping.
func (m *mapping) check() error {
	info, err := m.file.Stat()
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", ErrFault, err)
	case info.Size() != int64(len(m.bytes)):
		return fmt.Errorf("%w: %s had %d bytes when it was opened and has %d now", ErrFault, m.file.Name(), len(m.bytes), info.Size())
	}
	return nil
}

func (m *mapping) close() error { return errors.Join(m.bytes.Unmap(), m.file.Close()) }
