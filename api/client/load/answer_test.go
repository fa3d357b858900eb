package load

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

const problem = `{"type":"about:blank","title":"t","status":503,"code":"overloaded"}`

func TestReadAnswer(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\n"
	long := strings.Repeat("x", 100_000)
	tests := []struct {
		name string
		in   string
		want answer
		err  error
	}{
		{"drops", head + "Content-Length: 23\r\n\r\n" + `{"drops":[{"poi":"a"}]}`, answer{status: 200, bytes: 23}, nil},
		{"no drops", head + "content-length:12\r\n\r\n" + `{"drops":[]}`, answer{status: 200, empty: true, bytes: 12}, nil},
		{"long", head + "Content-Length: 100000\r\n\r\n" + long, answer{status: 200, bytes: 100_000}, nil},
		{"closes", head + "Connection: close\r\nContent-Length: 0\r\n\r\n", answer{status: 200, close: true}, nil},
		{"HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", answer{status: 200, close: true}, nil},
		{"problem", "HTTP/1.1 503 X\r\nContent-Length: 67\r\n\r\n" + problem, answer{status: 503, code: "overloaded", bytes: 67}, nil},
		{"no problem", "HTTP/1.1 502 Bad\r\nContent-Length: 4\r\n\r\noops", answer{status: 502, bytes: 4}, nil},
		{"code that is none", "HTTP/1.1 500 X\r\nContent-Length: 17\r\n\r\n" + `{"code":"\u003c"}`, answer{status: 500, bytes: 17}, nil},
		{"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n", answer{status: 304}, nil},
		{"chunked", head + "Transfer-Encoding: chunked\r\n\r\n6\r\n{\"drop\r\n6\r\ns\":[]}\r\n0\r\n\r\n", answer{status: 200, empty: true, bytes: 12}, nil},
		{"chunked, long", head + "Transfer-Encoding: chunked\r\n\r\n186a0\r\n" + long + "\r\n0\r\nTrailer: x\r\n\r\n", answer{status: 200, bytes: 100_000}, nil},
		{"truncated head", head + "Content-Le", answer{}, io.ErrUnexpectedEOF},
		{"truncated body", head + "Content-Length: 10\r\n\r\n12345", answer{}, io.ErrUnexpectedEOF},
		{"truncated long body", head + "Content-Length: 100001\r\n\r\n" + long, answer{}, io.ErrUnexpectedEOF},
		{"truncated chunk", head + "Transfer-Encoding: chunked\r\n\r\n9\r\n{}", answer{}, io.ErrUnexpectedEOF},
		{"other protocol", "SSH-2.0-OpenSSH_9.2\r\n", answer{}, errNotHTTP},
		{"short line", "HTTP/1.1\r\n\r\n", answer{}, errNotHTTP},
		{"no status", "HTTP/1.1 abc x\r\n\r\n", answer{}, errNotHTTP},
		{"information", "HTTP/1.1 100 Continue\r\n\r\n", answer{}, errNotHTTP},
		{"no colon", head + "what\r\n\r\n", answer{}, errNotHTTP},
		{"negative length", head + "Content-Length: -1\r\n\r\n", answer{}, errNotHTTP},
		{"endless line", head + "X: " + long, answer{}, errNotHTTP},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const follows = "HTTP/1.1 204 next\r\n\r\n"
			in := tt.in
			if tt.err == nil {
				in += follows
			}
			b := bufio.NewReader(strings.NewReader(in))
			got, err := readAnswer(b)
			if tt.err != nil {
				if !errors.Is(err, tt.err) {
					t.Errorf("%v, want %v", err, tt.err)
				}
				return
			}
			if err != nil || got != tt.want {
				t.Errorf("%+v, %v, want %+v", got, err, tt.want)
			}
			if next, err := readAnswer(b); err != nil || next.status != 204 {
				t.Errorf("the answer after it: %+v, %v", next, err)
			}
		})
	}
}

func TestReadAnswerToTheEnd(t *testing.T) {
	in := "HTTP/1.1 200 OK\r\n\r\n" + `{"drops":[]}`
	got, err := readAnswer(bufio.NewReader(strings.NewReader(in)))
	if want := (answer{status: 200, empty: true, close: true, bytes: 12}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n" + `{"drops":[]}`)
	f.Add("HTTP/1.1 503 X\r\nTransfer-Encoding: chunked\r\n\r\n43\r\n" + problem + "\r\n0\r\n\r\n")
	f.Fuzz(func(t *testing.T, in string) {
		a, err := readAnswer(bufio.NewReader(strings.NewReader(in)))
		if err == nil && (a.status < 200 || a.status > 999 || a.bytes < 0 || a.bytes > int64(len(in))) {
			t.Errorf("%+v", a)
		}
	})
}
