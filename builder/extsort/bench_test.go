package extsort

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const benchPayload = 60 // bytes

// keysOf are the key distributions that are measured.
var keysOf = map[string]func(*rand.Rand) uint64{
	"uniform": func(r *rand.Rand) uint64 { return r.Uint64() },
	// Neighbouring cells with a few dozen records each.
	"cells": func(r *rand.Rand) uint64 { return 0xc8<<56 | r.Uint64N(1<<12)*r.Uint64N(1<<12)<<20 | r.Uint64N(40) },
}

// fillPayload makes the payload of record i: printable, so that GNU sort can
// have the same.
func fillPayload(p []byte, i int) {
	const digits = "0123456789abcdef"
	for j := range 16 {
		p[j] = digits[uint64(i)*0x9e3779b97f4a7c15>>(60-4*j)&15]
	}
}

func BenchmarkSort(b *testing.B) {
	for _, n := range []int{1e6, 1e7} {
		for _, keys := range []string{"uniform", "cells"} {
			for _, memory := range []int64{1 << 30, 128 << 20} {
				b.Run(fmt.Sprintf("n=%.0e/%s/memory=%dMiB", float64(n), keys, memory>>20), func(b *testing.B) {
					b.SetBytes(int64(n) * (keySize + benchPayload))
					for b.Loop() {
						benchSort(b, n, memory, keysOf[keys])
					}
				})
			}
		}
	}
}

func benchSort(b *testing.B, n int, memory int64, key func(*rand.Rand) uint64) {
	b.Helper()
	begin := time.Now()
	s := New(Options{Memory: memory, TempDir: b.TempDir()})
	defer s.Close()
	r := rand.New(rand.NewPCG(1, 2))
	payload := bytes.Repeat([]byte{'.'}, benchPayload)
	for i := range n {
		fillPayload(payload, i)
		if err := s.Add(key(r), payload); err != nil {
			b.Fatal(err)
		}
	}
	added := time.Now()
	it, err := s.Sort(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	got, last := 0, uint64(0)
	for it.Next() {
		if it.Key() < last {
			b.Fatal("out of order")
		}
		last = it.Key()
		got++
	}
	if err := it.Err(); err != nil || got != n {
		b.Fatalf("%d of %d records: %v", got, n, err)
	}
	st := s.Stats()
	b.ReportMetric(added.Sub(begin).Seconds(), "add-s")
	b.ReportMetric(time.Since(added).Seconds(), "drain-s")
	b.ReportMetric(float64(st.Runs), "runs")
	b.ReportMetric(float64(st.PeakMemory>>20), "peak-MiB")
}

// BenchmarkAgainstGNUSort sorts a text file of hexadecimal key, tab, payload
// into another, with this package and with GNU sort, both with 1 GiB of memory
// and two cores, and reports how many times longer this package takes.
func BenchmarkAgainstGNUSort(b *testing.B) {
	gnu, err := exec.LookPath("sort")
	if err != nil {
		b.Fatalf("the peer is missing: install coreutils: %v", err)
	}
	for _, n := range []int{1e6, 1e7} {
		b.Run(fmt.Sprintf("n=%.0e", float64(n)), func(b *testing.B) {
			dir := b.TempDir()
			in := filepath.Join(dir, "in")
			writeText(b, in, n)
			var ours, theirs time.Duration
			for b.Loop() {
				begin := time.Now()
				sortText(b, in, filepath.Join(dir, "ours"))
				ours += time.Since(begin)
				begin = time.Now()
				cmd := exec.Command(gnu, "-S", "1G", "--parallel=2", "-T", dir, "-o", filepath.Join(dir, "theirs"), in)
				cmd.Env = append(os.Environ(), "LC_ALL=C")
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				theirs += time.Since(begin)
			}
			if out, err := exec.Command("cmp", filepath.Join(dir, "ours"), filepath.Join(dir, "theirs")).CombinedOutput(); err != nil {
				b.Fatalf("the outputs differ: %s", out)
			}
			b.ReportMetric(ours.Seconds()/float64(b.N), "ours-s")
			b.ReportMetric(theirs.Seconds()/float64(b.N), "gnu-s")
			b.ReportMetric(ours.Seconds()/theirs.Seconds(), "ratio")
		})
	}
}

func writeText(b *testing.B, path string, n int) {
	b.Helper()
	writeLines(b, path, func(w *bufio.Writer) error {
		r := rand.New(rand.NewPCG(1, 2))
		payload := bytes.Repeat([]byte{'.'}, benchPayload)
		for i := range n {
			fillPayload(payload, i)
			if _, err := fmt.Fprintf(w, "%016x\t%s\n", r.Uint64(), payload); err != nil {
				return err
			}
		}
		return nil
	})
}

func writeLines(b *testing.B, path string, write func(*bufio.Writer) error) {
	b.Helper()
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	if err := write(w); err != nil {
		b.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

func sortText(b *testing.B, in, out string) {
	b.Helper()
	f, err := os.Open(in)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	s := New(Options{TempDir: filepath.Dir(out)})
	defer s.Close()
	lines := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := lines.ReadSlice('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Add(unhex(line[:16]), line[17:len(line)-1]); err != nil {
			b.Fatal(err)
		}
	}
	it, err := s.Sort(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	writeLines(b, out, func(w *bufio.Writer) error {
		var key [8]byte
		for it.Next() {
			binary.BigEndian.PutUint64(key[:], it.Key())
			line := w.AvailableBuffer()
			line = hex.AppendEncode(line, key[:])
			line = append(line, '\t')
			line = append(line, it.Payload()...)
			if _, err := w.Write(append(line, '\n')); err != nil {
				return err
			}
		}
		return it.Err()
	})
}

func unhex(b []byte) uint64 {
	key, err := strconv.ParseUint(string(b), 16, 64)
	if err != nil {
		return 0
	}
	return key
}
