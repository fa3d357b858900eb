package manifest

import "fmt"

// attempts bounds how often WithLatest follows a folder in which releases are
// sealed faster than they can be read.
const attempts = 8

// WithLatest reads the manifest of the release in dir and hands it to do, which
// reads objects of the release. Whoever seals a newer release in the folder
// removes the objects of the one before. So when do fails and the folder has
// another release by then, do gets that one.
//
// The error is that of Read, or the last one of do.
func WithLatest(dir string, do func(m *Manifest) error) error {
	m, err := Read(dir)
	if err != nil {
		return err
	}
	for range attempts {
		if err = do(m); err == nil {
			return nil
		}
		newer, readErr := Read(dir)
		if readErr != nil || newer.ID == m.ID { // do's error says what is wrong
			return err
		}
		m = newer
	}
	return fmt.Errorf("%w (the release in %s was replaced %d times meanwhile)", err, dir, attempts)
}
