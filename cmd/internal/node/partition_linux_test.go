package node

import (
	"context"
	"encoding/json"
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
	"geodrop/sync/manifest"
)

// network is an origin, a relay and a node, each in a network of its own, with a
// link between each two.
type network struct {
	t      *testing.T
	bundle string
	pids   map[string]int // by the name of the part
	name   string         // of a place, as it is in the config
	rounds int
	silent int          // lookups in a row that had no answer
	client *http.Client // of the parts: the host of a URL is the name of one
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
	n.client = &http.Client{Timeout: time.Second, Transport: &http.Transport{DialContext: n.dialPart}}
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
	n.awaitReach(from, to)
	address := n.address(from, to)
	n.in(from, "ip", "neighbour", "replace", address, "lladdr", "02:00:00:00:00:01", "dev", to, "nud", "permanent")
	if n.reaches(from, to) {
		n.t.Fatalf("the %s reaches the %s at %s although they are cut off", from, to, address)
	}
	return func() {
		n.t.Helper()
		n.in(from, "ip", "neighbour", "del", address, "dev", to)
		n.awaitReach(from, to)
	}
}

// address is where a part finds another.
func (n *network) address(from, to string) string {
	n.t.Helper()
	for _, l := range links() {
		switch {
		case l.a == from && l.b == to:
			return l.bAddress
		case l.b == from && l.a == to:
			return l.aAddress
		}
	}
	n.t.Fatalf("there is no link from the %s to the %s", from, to)
	return ""
}

// reaches tries once to connect from one part to another.
func (n *network) reaches(from, to string) bool {
	n.t.Helper()
	const patience = 300 * time.Millisecond
	ctx, cancel := context.WithTimeout(n.t.Context(), patience)
	defer cancel()
	c, err := n.connect(ctx, from, n.address(from, to))
	if err != nil {
		return false
	}
	must(n.t, c.Close())
	return true
}

// awaitReach waits until one part can connect to another.
func (n *network) awaitReach(from, to string) {
	n.t.Helper()
	const patience = 30 * time.Second
	for began := time.Now(); !n.reaches(from, to); {
		if time.Since(began) > patience {
			n.t.Fatalf("the %s does not reach the %s within %v", from, to, patience)
		}
	}
}

// dialPart connects to a part from within its network.
func (n *network) dialPart(ctx context.Context, _, host string) (net.Conn, error) {
	part, _, err := net.SplitHostPort(host)
	if err != nil {
		return nil, err
	}
	return n.connect(ctx, part, "127.0.0.1")
}

// connect connects to an address from within the network of a part: a socket
// belongs to that of the thread which makes it.
func (n *network) connect(ctx context.Context, part, address string) (net.Conn, error) {
	runtime.LockOSThread() // and the thread ends with this goroutine's call, unless it is back
	home, err := os.Open("/proc/thread-self/ns/net")
	if err != nil {
		return nil, err
	}
	defer home.Close() // read only: nothing to lose
	there, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", n.pids[part]))
	if err != nil {
		return nil, err
	}
	defer there.Close() // read only: nothing to lose
	if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp4", net.JoinHostPort(address, partPort))
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

// current reports whether the node serves the config as it is. Once there is a
// release a lookup that is answered otherwise fails the test, and so do several in
// a row without an answer: a single one may be late on a machine that is busy.
func (n *network) current() bool {
	n.t.Helper()
	const mostSilent = 5
	resp, err := n.client.Get("http://node" + lookupPath)
	if err != nil {
		if n.silent++; n.silent == mostSilent {
			n.t.Errorf("the node leaves %d lookups in a row without an answer: %v", n.silent, err)
		}
		return false
	}
	n.silent = 0
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		n.t.Errorf("the node answers %d", resp.StatusCode)
	}
	return err == nil && strings.Contains(string(b), `"name":"`+n.name+`"`)
}

// pointed is what a part says of the channel; the zero pointer if it does not.
func (n *network) pointed(part string) (p manifest.Pointer) {
	resp, err := n.client.Get("http://" + part + "/v1/channels/" + manifest.DefaultChannel)
	if err != nil {
		return p
	}
	defer resp.Body.Close()
	err = json.NewDecoder(resp.Body).Decode(&p) // signatures follow
	if err != nil || resp.StatusCode != http.StatusOK {
		return manifest.Pointer{}
	}
	return p
}

// relayed waits, for so long, until the relay is at the origin's version.
func (n *network) relayed(most time.Duration) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); time.Since(began) < most; <-tick.C {
		at, has := n.pointed("origin"), n.pointed("relay")
		if at.Version > 0 && has.Version == at.Version && has.Release == at.Release {
			return true
		}
	}
	return false
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
// the node answers all the time, and it and the relay have the new release within
// seconds of the cut being healed. Beyond the first pair it takes GEODROP_LONG.
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
		if !n.relayed(healed) {
			t.Errorf("%s to %s: the relay is not at the origin's version %v after the cut was healed", c[0], c[1], healed)
		}
		t.Logf("%-6s to %-6s cut: there without it %v, %v after it was healed", c[0], c[1], without, took.Round(time.Millisecond))
	}
}
