package bench

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// processors are those of a machine, parted: some for this process, which asks,
// and the others for the node that answers, as if they were two machines. Else
// the scheduler decides which of the two a measurement is of.
type processors struct {
	all, ours, theirs unix.CPUSet
}

// sharedProcessors are those that this process may use, not parted.
func sharedProcessors() (*processors, error) {
	p := &processors{}
	if err := unix.SchedGetaffinity(0, &p.all); err != nil {
		return nil, fmt.Errorf("find the processors: %w", err)
	}
	p.ours, p.theirs = p.all, p.all
	return p, nil
}

// partProcessors parts those that this process may use, if they are two or more;
// the caller joins them again.
func partProcessors() (*processors, error) {
	p, err := sharedProcessors()
	if err != nil {
		return nil, err
	}
	n := p.all.Count()
	if n < 2 {
		return p, nil
	}
	p.ours, p.theirs = unix.CPUSet{}, unix.CPUSet{}
	for cpu, seen := 0, 0; seen < n; cpu++ {
		switch {
		case !p.all.IsSet(cpu):
			continue
		case seen < n/2:
			p.ours.Set(cpu)
		default:
			p.theirs.Set(cpu)
		}
		seen++
	}
	if err := confine(&p.ours); err != nil {
		return nil, errors.Join(err, p.join())
	}
	return p, nil
}

// forGenerator are as many as the Go scheduler of a generator needs: its pacer
// sleeps in the kernel and holds one meanwhile.
func (p *processors) forGenerator() int { return p.ours.Count() + 1 }

// join gives this process all of its processors again.
func (p *processors) join() error { return confine(&p.all) }

// start starts a process on the others: it has those of the thread that starts it.
func (p *processors) start(c *exec.Cmd) (err error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.SchedSetaffinity(0, &p.theirs); err != nil {
		return fmt.Errorf("move to the processors of the node: %w", err)
	}
	return errors.Join(c.Start(), unix.SchedSetaffinity(0, &p.ours))
}

// String tells how many each has.
func (p *processors) String() string {
	if p.ours == p.theirs {
		return "generator and node share the processors"
	}
	return fmt.Sprintf("generator and node have %d and %d processors of their own", p.ours.Count(), p.theirs.Count())
}

// confine lets all threads of this process run on some processors only; those
// that they start inherit it. What a thread started before its turn came is found
// when they are gone through again.
func confine(to *unix.CPUSet) error {
	const most = 10 // times: the system may allow less than what is asked for
	for range most {
		if moved, err := confineThreads(to); err != nil || moved == 0 {
			return err
		}
	}
	return nil
}

// confineThreads moves the threads that are elsewhere, and tells how many.
func confineThreads(to *unix.CPUSet) (moved int, err error) {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return 0, fmt.Errorf("find the threads: %w", err)
	}
	for _, thread := range threads {
		id, err := strconv.Atoi(thread.Name())
		if err != nil {
			return moved, err
		}
		var now unix.CPUSet
		if err := unix.SchedGetaffinity(id, &now); err == nil && now == *to {
			continue
		}
		switch err := unix.SchedSetaffinity(id, to); {
		case err == nil:
			moved++
		case !errors.Is(err, unix.ESRCH): // that one has ended
			return moved, fmt.Errorf("bind thread %d to processors: %w", id, err)
		}
	}
	return moved, nil
}
