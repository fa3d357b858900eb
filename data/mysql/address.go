package mysql

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// ErrAddress marks an address that is none.
var ErrAddress = errors.New("wrong address of a database")

// Address is a parsed address.
type Address struct {
	user, password string
	network, host  string // "tcp" and HOST:PORT, or "unix" and a path
	database       string

	tls             bool
	plain           bool // unencrypted, to another machine, and nobody said that it may be
	tlsCA, tlsName  string
	dial, get, send time.Duration
	lock            time.Duration // whole seconds
}

const (
	defaultPort = "3306"
	defaultDial = 5 * time.Second
	defaultGet  = 60 * time.Second
	defaultSend = 30 * time.Second
	defaultLock = 30 * time.Second
)

// Parse reads an address. Its errors do not repeat it: there may be a password
// in it.
func Parse(address string) (*Address, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: it is no URL; percent-encode signs such as / and @ in the password", ErrAddress)
	}
	a := &Address{user: u.User.Username(), dial: defaultDial, get: defaultGet, send: defaultSend, lock: defaultLock}
	a.password, _ = u.User.Password()
	switch u.Scheme {
	case "mysql":
		err = a.tcp(u)
	case "mysql+unix":
		err = a.unix(u)
	default:
		err = errors.New("it begins neither with mysql:// nor with mysql+unix://")
	}
	if err == nil {
		err = a.options(u)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAddress, err)
	}
	return a, nil
}

func (a *Address) tcp(u *url.URL) error {
	port := u.Port()
	if port == "" {
		port = defaultPort
	}
	a.network, a.host, a.database = "tcp", net.JoinHostPort(u.Hostname(), port), strings.TrimPrefix(u.Path, "/")
	a.tlsName = u.Hostname()
	if u.Hostname() == "" || a.database == "" || strings.Contains(a.database, "/") {
		return errors.New("it is not of the form mysql://user:password@host:port/database")
	}
	return nil
}

func (a *Address) unix(u *url.URL) error {
	socket, database := path.Split(u.Path)
	a.network, a.host, a.database = "unix", path.Clean(socket), database
	if u.Host != "" || a.host == "/" || a.database == "" {
		return errors.New("it is not of the form mysql+unix://user:password@/path.sock/database")
	}
	return nil
}

func (a *Address) options(u *url.URL) error {
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("what stands behind its question mark is not name=value&name=value")
	}
	for name := range values {
		if err := a.option(name, values.Get(name)); err != nil {
			return err
		}
	}
	if (a.tlsCA != "" || values.Has("tls_name")) && !a.tls {
		return errors.New("tls_ca and tls_name need tls=true")
	}
	a.plain = !values.Has("tls") && a.network == "tcp" && !loopback(u.Hostname())
	return nil
}

// Plain tells whether what is sent leaves this machine unencrypted although the
// address does not say tls=false: whoever opens it then says so in a log.
func (a *Address) Plain() bool { return a.plain }

// loopback tells whether what goes to a host stays on this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return ip.IsLoopback() || strings.EqualFold(host, "localhost")
}

func (a *Address) option(name, value string) (err error) {
	switch name {
	case "tls":
		a.tls = value == "true"
		if !a.tls && value != "false" {
			err = errors.New("is neither true nor false")
		}
	case "tls_ca":
		a.tlsCA = value
	case "tls_name":
		a.tlsName = value
	case "dial_timeout":
		err = timeout(&a.dial, value)
	case "read_timeout":
		err = timeout(&a.get, value)
	case "write_timeout":
		err = timeout(&a.send, value)
	case "lock_timeout":
		if err = timeout(&a.lock, value); err == nil && a.lock%time.Second != 0 {
			err = errors.New("is not whole seconds")
		}
	default:
		return errors.New("behind its question mark stands an option other than tls, tls_ca, tls_name, dial_timeout, read_timeout, write_timeout, lock_timeout")
	}
	if err != nil {
		return fmt.Errorf("%s %w", name, err)
	}
	return nil
}

func timeout(into *time.Duration, value string) error {
	d, err := time.ParseDuration(value)
	if err != nil || d <= 0 {
		return errors.New("is not a time such as 5s")
	}
	*into = d
	return nil
}

// String is the address without the password.
func (a *Address) String() string {
	u := url.URL{Scheme: "mysql", Host: a.host, Path: "/" + a.database}
	if a.network == "unix" {
		u = url.URL{Scheme: "mysql+unix", Path: a.host + "/" + a.database}
	}
	if a.user != "" {
		u.User = url.User(a.user)
	}
	return u.String()
}

// Session settings: bad values are errors instead of being cut to fit; a writer
// waits longer for another than that one's connection takes to be missed; a
// slow reader is not cut off.
func (a *Address) session() map[string]string {
	return map[string]string{
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
		"innodb_lock_wait_timeout": a.lockSeconds(),
		"net_write_timeout":        "600",
	}
}

func (a *Address) lockSeconds() string { return strconv.Itoa(int(a.lock / time.Second)) }

func (a *Address) connector() (driver.Connector, error) {
	c := mysql.NewConfig()
	c.User, c.Passwd, c.Net, c.Addr, c.DBName = a.user, a.password, a.network, a.host, a.database
	c.Timeout, c.ReadTimeout, c.WriteTimeout = a.dial, a.get, a.send
	c.Params = a.session()
	c.MaxAllowedPacket = 0 // what the server says
	c.DialFunc = dial
	c.Logger = &mysql.NopLogger{}
	if a.tls {
		c.TLS = &tls.Config{ServerName: a.tlsName, MinVersion: tls.VersionTLS12}
		if err := a.addCA(c.TLS); err != nil {
			return nil, err
		}
	}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", a, err)
	}
	return connector, nil
}

func (a *Address) addCA(c *tls.Config) error {
	if a.tlsCA == "" {
		return nil
	}
	pem, err := os.ReadFile(a.tlsCA)
	if err != nil {
		return fmt.Errorf("read tls_ca: %w", err)
	}
	c.RootCAs = x509.NewCertPool()
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return fmt.Errorf("read tls_ca: %s has no certificate in PEM form", a.tlsCA)
	}
	return nil
}
