// Package mariadbd runs a MariaDB server of its own in a temporary folder, for
// tests and measurements. It is no way to run one for keeps: nothing is synced
// to disk.
package mariadbd

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrMissing marks a machine without the programs of a server.
var ErrMissing = errors.New("MariaDB is not installed; on Debian: sudo apt-get install mariadb-server")

// Server is a server that listens on a Unix socket.
type Server struct {
	Socket string
	dir    string
	args   []string
	server *exec.Cmd
	ended  chan error
}

// Options of Start. The zero value is a server of small memory.
type Options struct {
	// Args are options of mariadbd, which win over those that it is given
	// otherwise.
	Args []string
}

const (
	startTime = 60 * time.Second // patience on a busy machine
	stopTime  = 20 * time.Second
	probeTime = 50 * time.Millisecond
)

// Start makes a data folder and starts a server on it, which takes some
// seconds. The error wraps ErrMissing where there is none to start.
func Start(opts Options) (m *Server, err error) {
	for _, program := range []string{"mariadbd", "mariadb-install-db", "mariadb"} {
		if _, err := lookup(program); err != nil {
			return nil, fmt.Errorf("there is no %s: %w", program, ErrMissing)
		}
	}
	dir, err := os.MkdirTemp("", "geodrop-mariadb-") // not below a test's: a socket's path may not be long
	if err != nil {
		return nil, err
	}
	m = &Server{Socket: filepath.Join(dir, "s"), dir: dir, args: opts.Args, ended: make(chan error, 1)}
	if err = m.install(); err == nil {
		err = m.Start()
	}
	if err != nil {
		return nil, errors.Join(err, m.Stop())
	}
	return m, nil
}

// install makes the data folder.
func (m *Server) install() error {
	args, err := m.owner()
	if err != nil {
		return err
	}
	args = append([]string{"--no-defaults", "--datadir=" + m.data()}, args...)
	install := append(args[:len(args):len(args)], "--auth-root-authentication-method=normal", "--skip-test-db",
		"--skip-name-resolve", "--innodb-log-file-size=16M", "--innodb-flush-method=nosync", "--sync-frm=OFF")
	if out, err := command("mariadb-install-db", install...).CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, out)
	}
	return nil
}

func (m *Server) data() string { return filepath.Join(m.dir, "data") }

// owner gives the folder to an account that may run the server, which root may
// not, and returns the option that names it.
func (m *Server) owner() ([]string, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("mysql")
	if err != nil {
		return nil, fmt.Errorf("the server runs as mysql, whom the package mariadb-server makes: %w", err)
	}
	uid, err := strconv.Atoi(account.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(account.Gid)
	if err != nil {
		return nil, err
	}
	return []string{"--user=mysql"}, errors.Join(os.Chmod(m.dir, 0o755), os.Chown(m.dir, uid, gid))
}

// lookup finds a program, also where only root's path has it.
func lookup(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return exec.LookPath("/usr/sbin/" + program)
	}
	return path, nil
}

func command(program string, args ...string) *exec.Cmd {
	path, err := lookup(program)
	if err != nil {
		path = program
	}
	return exec.Command(path, args...)
}

// Start starts the server again after End or Kill.
func (m *Server) Start() error {
	args, err := m.owner()
	if err != nil {
		return err
	}
	args = append([]string{"--no-defaults", "--datadir=" + m.data(),
		"--socket=" + m.Socket, "--pid-file=" + filepath.Join(m.dir, "pid"), "--skip-networking", "--skip-name-resolve",
		"--log-error=" + filepath.Join(m.dir, "log"), "--innodb-buffer-pool-size=256M", "--innodb-log-file-size=256M",
		"--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2", "--sync-frm=OFF", "--performance-schema=OFF", "--max-connections=100"}, args...)
	m.server = command("mariadbd", append(args, m.args...)...)
	if err := m.server.Start(); err != nil {
		m.server = nil
		return err
	}
	go func(server *exec.Cmd) { m.ended <- server.Wait() }(m.server)
	return m.ready()
}

// ready waits for the server.
func (m *Server) ready() error {
	for deadline := time.Now().Add(startTime); time.Now().Before(deadline); {
		select {
		case err := <-m.ended:
			m.server = nil
			log, _ := os.ReadFile(filepath.Join(m.dir, "log"))
			return fmt.Errorf("the server ended: %w\n%s", err, log)
		case <-time.After(probeTime):
		}
		if m.Run("", "SELECT 1") == nil {
			return nil
		}
	}
	return errors.New("the server does not answer")
}

// Run has the mariadb command line execute statements.
func (m *Server) Run(database string, statements ...string) error {
	_, err := m.Query(database, statements...)
	return err
}

// Query is Run and what the command line prints: rows without a header, columns
// apart by tabs.
func (m *Server) Query(database string, statements ...string) (string, error) {
	c := command("mariadb", "--no-defaults", "--socket="+m.Socket, "--user=root", "--default-character-set=utf8mb4",
		"--batch", "--skip-column-names", database)
	c.Stdin = strings.NewReader(strings.Join(statements, ";\n"))
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("mariadb: %w: %s", err, out)
	}
	return string(out), nil
}

// Database makes an empty database.
func (m *Server) Database(name string) error {
	return m.Run("", "DROP DATABASE IF EXISTS "+name, "CREATE DATABASE "+name+" CHARACTER SET latin1")
}

// Address is the address of a database for package mysql.
func (m *Server) Address(database string) string {
	u := url.URL{Scheme: "mysql+unix", User: url.UserPassword("root", ""), Path: m.Socket + "/" + database}
	return u.String()
}

// PeakMemory is the most resident memory that the server had, in bytes; 0 where
// the system does not tell.
func (m *Server) PeakMemory() int64 {
	if m.server == nil {
		return 0
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.server.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, _, _ := strings.Cut(rest, "kB")
	n, err := strconv.ParseInt(strings.TrimSpace(kilobytes), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// End ends the server in order, Kill at once.
func (m *Server) End() error  { return m.signal(syscall.SIGTERM) }
func (m *Server) Kill() error { return m.signal(syscall.SIGKILL) }

func (m *Server) signal(s syscall.Signal) error {
	if m.server == nil {
		return nil
	}
	server := m.server
	m.server = nil
	if err := server.Process.Signal(s); err != nil {
		return err
	}
	select {
	case <-m.ended: // how it ended does not matter
		return nil
	case <-time.After(stopTime):
		return errors.Join(fmt.Errorf("the server does not end on %v", s), server.Process.Kill())
	}
}

// Stop ends the server and removes its folder.
func (m *Server) Stop() error {
	return errors.Join(m.Kill(), os.RemoveAll(m.dir))
}
