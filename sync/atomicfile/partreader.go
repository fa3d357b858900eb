package atomicfile

import (
	"fmt"
	"os"
)

// Reader opens the part for reading what is written so far and later. It stays
// readable after Commit, and after Close. The caller closes it.
func (p *Part) Reader() (*os.File, error) {
	f, err := os.Open(p.f.Name())
	if err != nil {
		return nil, fmt.Errorf("read part: %w", err)
	}
	return f, nil
}

// CommitAs is Commit under another name than the part's, of the same folder.
func (p *Part) CommitAs(name string) error {
	was := p.name
	p.name = name
	err := p.Commit()
	p.name = was
	return err
}
