package agent

import (
	"context"
	"errors"
	"fmt"
	"net"
)

// Class is the kind of a failure, stable, for metrics and for those who decide
// upon it.
type Class string

// The classes. Down to Lineage they are an upstream's, and others are tried.
const (
	Network    Class = "network"    // no connection, or one that broke
	Timeout    Class = "timeout"    // no answer in time
	Slow       Class = "slow"       // below the rate
	Overloaded Class = "overloaded" // 429 or 503
	Answer     Class = "answer"     // a status that is none of those expected
	Missing    Class = "missing"    // 404: no such channel or object
	Length     Class = "length"     // more or fewer bytes than listed
	Digest     Class = "digest"     // other bytes than listed
	Corrupt    Class = "corrupt"    // a patch that cannot be applied
	Rollback   Class = "rollback"   // older than what was taken before
	Manifest   Class = "manifest"   // pointer or manifest that contradicts itself or the other
	Untrusted  Class = "untrusted"  // pointer that no trusted key signed
	Expired    Class = "expired"    // pointer that the origin renewed long ago
	Lineage    Class = "lineage"    // pointer of another history than the one followed
	Format     Class = "format"     // a release that this program cannot read
	Keys       Class = "keys"       // the trusted ones cannot be read
	Disk       Class = "disk"
	Quota      Class = "quota"     // more than the disk may hold
	Refused    Class = "bad"       // by Serve, now or before
	Golden     Class = "golden"    // it answered otherwise than it did to its builder, hence bad
	Damaged    Class = "damaged"   // on the disk, since it came
	Transient  Class = "transient" // Serve could not, and said ErrTransient
)

// failure is an error with its class.
type failure struct {
	class Class
	err   error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func failed(class Class, format string, args ...any) error {
	return &failure{class, fmt.Errorf(format, args...)}
}

// classOf is the class of an error: that of a failure in it, or what the network
// says.
func classOf(err error) Class {
	var f *failure
	var n net.Error
	switch {
	case errors.As(err, &f):
		return f.class
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &n) && n.Timeout():
		return Timeout
	}
	return Network
}

// ours reports whether another upstream cannot help.
func (c Class) ours() bool {
	switch c {
	case Format, Keys, Disk, Quota, Refused, Golden, Damaged, Transient:
		return true
	}
	return false
}
