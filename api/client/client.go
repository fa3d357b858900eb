package client

import (
	"cmp"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Options of a client. The zero value is fit for use.
type Options struct {
	Token     string // of an operator; sent as Authorization: Bearer …
	UserAgent string // default "geodrop-go"

	Timeout    time.Duration // of an attempt; default 10 s
	Attempts   int           // at most; default 4
	FirstPause time.Duration // most before the second attempt, doubled for each after it; default 200 ms
	LongPause  time.Duration // most between attempts; default 10 s
	LongWait   time.Duration // most that Retry-After may ask for; beyond it the error comes at once; default 1 min

	CachedAnswers int   // kept for LookupCached and Cell; default 256, negative for none
	CachedBytes   int64 // of them at most; default 16 MiB
	MaxBytes      int64 // of an answer; default 16 MiB

	Transport http.RoundTripper // default: one of its own, with time-outs
}

func (o Options) withDefaults() Options {
	o.UserAgent = cmp.Or(o.UserAgent, "geodrop-go")
	o.Timeout = cmp.Or(o.Timeout, 10*time.Second)
	o.Attempts = cmp.Or(o.Attempts, 4)
	o.FirstPause = cmp.Or(o.FirstPause, 200*time.Millisecond)
	o.LongPause = cmp.Or(o.LongPause, 10*time.Second)
	o.LongWait = cmp.Or(o.LongWait, time.Minute)
	o.CachedAnswers = cmp.Or(o.CachedAnswers, 256)
	o.CachedBytes = cmp.Or(o.CachedBytes, 16<<20)
	o.MaxBytes = cmp.Or(o.MaxBytes, 16<<20)
	if o.Transport == nil {
		o.Transport = newTransport(o.Timeout)
	}
	return o
}

func newTransport(timeout time.Duration) *http.Transport {
	dialer := net.Dialer{Timeout: timeout / 2, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: timeout / 2, ResponseHeaderTimeout: timeout, MaxResponseHeaderBytes: 64 << 10,
		MaxIdleConns: 64, MaxIdleConnsPerHost: 64,
		IdleConnTimeout: time.Minute, // less than that of a node, so that it never ends first
	}
}

// Client asks one node, or what stands before many.
type Client struct {
	base    *url.URL
	options Options
	http    http.Client
	cache   *cache
}

// New makes a client of the node at a URL such as http://127.0.0.1:8080. It does
// not connect yet.
func New(base string, o Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, errors.New("the address of the node is not a URL such as http://127.0.0.1:8080")
	}
	o = o.withDefaults()
	return &Client{
		base: u, options: o, cache: newCache(o.CachedAnswers, o.CachedBytes),
		http: http.Client{
			Transport: o.Transport, Timeout: o.Timeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// Close ends the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }
