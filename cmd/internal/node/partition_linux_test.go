package node

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"geodrop/sync/disktest"
)

// network is an origin, a relay and a node, each in a network of its own, with a
// link between each two.
type network struct {
	t      *testing.T
	bundle string
	pids   map[string]int // by the name of the part
	name   string         // of a place, as it is in the config
	rounds int
	client *http.Client // of the node
}

// link is that between two parts; a's end is called like b, and b's like a.
type link struct{ a, aAddress, b, bAddress string }

func links() []link {
	return []link{
		{"origin", originToRelay, "relay", relayToOrigin},
		{"origin", originToNode, "node", nodeToOrigin},
		{"relay", relayToNode, "node", nodeToRelay},
	}
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{t: t, bundle: writeSample(t), pids: map[string]int{}, name: "Earnshaw Street"}
	dir := t.TempDir()
	for _, role := range []string{"origin", "relay", "node"} {
		c := exec.Command(os.Args[0])
		c.Env = append(os.Environ(), partRole+"="+role, partDir+"="+dir, partBundle+"="+n.bundle)
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
		c.Stderr = os.Stderr
		must(t, c.Start())
		t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() }) // it does not end by itself
		n.pids[role] = c.Process.Pid
		n.in(role, "ip", "link", "set", "lo", "up")
	}
	for _, l := range links() {
		n.run("ip", "link", "add", l.b, "netns", strconv.Itoa(n.pids[l.a]), "type", "veth", "peer", "name", l.a, "netns", strconv.Itoa(n.pids[l.b]))
		n.end(l.a, l.b, l.aAddress)
		n.end(l.b, l.a, l.bAddress)
	}
	n.client = &http.Client{Timeout: time.Second, Transport: &http.Transport{DialContext: n.dialNode}}
	t.Cleanup(n.client.CloseIdleConnections)
	return n
}

// end sets the end of a link up.
func (n *network) end(part, device, address string) {
	n.t.Helper()
	n.in(part, "ip", "address", "add", address+"/30", "dev", device)
	n.in(part, "ip", "link", "set", device, "up")
}

func (n *network) run(name string, args ...string) {
	n.t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		n.t.Fatalf("%s %q: %v: %s", name, args, err, out)
	}
}

// in runs a command in the network of a part.
func (n *network) in(part, name string, args ...string) {
	n.t.Helper()
	n.run("nsenter", append([]string{"-t", strconv.Itoa(n.pids[part]), "-n", name}, args...)...)
}

// cut loses all that one part sends to another: it goes to nobody.
func (n *network) cut(from, to string) (heal func()) {
	n.t.Helper()
	address := ""
	for _, l := range links() {
		switch {
		case l.a == from && l.b == to:
			address = l.bAddress
		case l.b == from && l.a == to:
			address = l.aAddress
		}
	}
	n.in(from, "ip", "neighbour", "replace", address, "lladdr", "02:00:00:00:00:01", "dev", to, "nud", "permanent")
	return func() {
		n.t.Helper()
		n.in(from, "ip", "neighbour", "del", address, "dev", to)
	}
}

// dialNode connects to the node from within its network: a socket belongs to that
// of the thread which makes it.
func (n *network) dialNode(ctx context.Context, _, _ string) (net.Conn, error) {
	runtime.LockOSThread() // and the thread ends with this goroutine's call, unless it is back
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer home.Close() // read only: nothing to lose
	there, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", n.pids["node"]))
	if err != nil {
		return nil, err
	}
	defer there.Close() // read only: nothing to lose
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp4", "127.0.0.1:"+partPort)
	if unix.Setns(int(home.Fd()), unix.CLONE_NEWNET) == nil {
		runtime.UnlockOSThread()
	}
	return c, err
}

// publish has the origin build and publish another release.
func (n *network) publish() {
	n.t.Helper()
	n.rounds++
	name := fmt.Sprint("Round ", n.rounds)
	edit(n.t, n.bundle, "pois.csv", n.name, name)
	n.name = name
}

// current reports whether the node serves the config as it is; a lookup that
// fails, once there is a release, fails the test.
func (n *network) current() bool {
	resp, err := n.client.Get("http://node" + lookupPath)
	if err != nil {
		n.t.Errorf("the node does not answer: %v", err)
		return false
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		n.t.Errorf("the node answers %d, %v", resp.StatusCode, err)
	}
	return strings.Contains(string(b), `"name":"`+n.name+`"`)
}

// converge waits for the node, for so long, and says how long that was.
func (n *network) converge(most time.Duration) (took time.Duration, ok bool) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < most; <-tick.C {
		if n.current() {
			return time.Since(began), true
		}
	}
	return most, false
}

// awaitFirst waits until the node has a release.
func (n *network) awaitFirst() {
	n.t.Helper()
	const patience = time.Minute
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < patience; <-tick.C {
		resp, err := n.client.Get("http://node" + lookupPath)
		if err != nil {
			continue // it does not listen yet
		}
		must(n.t, resp.Body.Close())
		if resp.StatusCode == http.StatusOK {
			return
		}
	}
	n.t.Fatalf("the node has no release after %v", patience)
}

// TestPartitions cuts what one part sends to another, for each pair and each way:
// the node answers all the time, and has the new release within seconds of the
// cut being healed. Beyond the first pair it takes GEODROP_LONG.
func TestPartitions(t *testing.T) {
	if !disktest.Alone(t, unix.CLONE_NEWNET) {
		return
	}
	const healed = 10 * time.Second
	n := newNetwork(t)
	n.awaitFirst()
	cuts := [][2]string{{"origin", "relay"}, {"relay", "origin"}, {"relay", "node"}, {"node", "relay"}, {"origin", "node"}, {"node", "origin"}}
	away := 6 * time.Second
	if os.Getenv("GEODROP_LONG") == "" {
		cuts, away = cuts[:1], 2*time.Second
	}
	for _, c := range cuts {
		heal := n.cut(c[0], c[1])
		n.publish()
		_, without := n.converge(away)
		heal()
		took, ok := n.converge(healed)
		if !ok {
			t.Errorf("%s to %s: not at the new release %v after the cut was healed", c[0], c[1], healed)
		}
		t.Logf("%-6s to %-6s cut: there without it %v, %v after it was healed", c[0], c[1], without, took.Round(time.Millisecond))
	}
}
