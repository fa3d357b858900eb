package node

import (
	"context"
	"time"
)

// checkPause is how long a file that was cut under its mapping may go unnoticed
// by those lookups that do not meet the cut.
const checkPause = time.Second

// watchFiles looks at the files of the release that is served until the context
// is done.
func (n *Node) watchFiles(ctx context.Context) error {
	tick := time.NewTicker(checkPause)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			n.checkFiles()
		}
	}
}

// checkFiles reports damage as a lookup would: Done sees to it.
func (n *Node) checkFiles() {
	held, ok := n.holder.Acquire()
	if !ok {
		return
	}
	defer held.Done()
	_ = held.Release().CheckFiles() // the release keeps the error
}
