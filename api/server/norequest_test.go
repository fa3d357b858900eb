package server

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
)

// TestLastAnswer: what a client is told before its connection ends reaches it
// though it was still sending.
func TestLastAnswer(t *testing.T) {
	s := newServer(t, Options{Releases: &shown{}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\nX: "+strings.Repeat("x", 64<<10)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(got), "HTTP/1.1 431 ") {
		t.Errorf("got %.100q, %v", got, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestNoRequest: what net/http cannot take for a request it answers itself, in
// plain text, as the document says.
func TestNoRequest(t *testing.T) {
	tests := []struct{ name, sends, status string }{
		{"first line", "GET\r\n\r\n", "400"},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", "400"},
		{"long header", "GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 17<<10) + "\r\n\r\n", "431"},
		{"coding of nobody", "POST /v1/lookup HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: x\r\n\r\n", "501"},
		{"version", "GET /healthz HTTP/7.0\r\nHost: x\r\n\r\n", "505"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, l := newServer(t, Options{Releases: &shown{}}), newPipes()
				ctx, stop := context.WithCancel(t.Context())
				done := make(chan error, 1)
				go func() { done <- s.Serve(ctx, l) }()
				c := l.dial()
				go func() { _, _ = io.WriteString(c, tt.sends) }() // it may be cut off
				got, err := io.ReadAll(c)
				if err != nil && !errors.Is(err, io.ErrClosedPipe) {
					t.Error(err)
				}
				head, _, _ := strings.Cut(string(got), "\r\n\r\n")
				if !strings.HasPrefix(head, "HTTP/1.1 "+tt.status+" ") ||
					!strings.Contains(head, "\r\nContent-Type: text/plain") || !strings.Contains(head, "\r\nConnection: close") {
					t.Errorf("got %.300q, want %s in plain text", got, tt.status)
				}
				stop()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}
