//go:build !linux

package index

// adviseHugePages does nothing: only Linux takes such advice.
func adviseHugePages([]byte) {}
