package disktest

import "io/fs"

// inode is a file or a folder. Its fields are as the process saw it, but start
// and source, which are as it was before.
type inode struct {
	id     int
	dir    bool
	names  map[string]*inode
	size   int64
	start  map[string]*inode
	source string // a copy of the file; empty: there was none
	mode   fs.FileMode
}

// change is what a call changed, all of it durable with the inode.
type change struct {
	inode *inode
	text  string

	names map[string]*inode // of a folder; nil: the name is gone

	bytes  string // of a file, at
	at     int64
	resize bool // to the length at
	chmod  bool
	mode   fs.FileMode
}

// event is a change, a sync, or a mark.
type event struct {
	change *change
	synced *inode
	failed bool // and never will be
	upTo   int  // of the events before, those are synced
	mark   string
}
