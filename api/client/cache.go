package client

import (
	"container/list"
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// cache keeps the answers that have an ETag, the latest used of them.
type cache struct {
	most      int
	mostBytes int64

	mutex sync.Mutex
	order *list.List // of *kept, the latest used first
	at    map[string]*list.Element
	bytes int64 // of their bodies
}

// kept is an answer. It never changes: a newer one takes its place.
type kept struct {
	key   string
	etag  string
	body  []byte
	fresh time.Time // until when nobody has to be asked
}

func newCache(most int, bytes int64) *cache {
	return &cache{most: max(most, 0), mostBytes: bytes, order: list.New(), at: map[string]*list.Element{}}
}

func (c *cache) get(key string) (*kept, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	element, ok := c.at[key]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(element)
	return element.Value.(*kept), true
}

func (c *cache) put(k *kept) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if element, ok := c.at[k.key]; ok {
		c.remove(element)
	}
	c.at[k.key] = c.order.PushFront(k)
	c.bytes += int64(len(k.body))
	for c.order.Len() > c.most || c.bytes > c.mostBytes {
		c.remove(c.order.Back())
	}
}

func (c *cache) remove(element *list.Element) {
	k := c.order.Remove(element).(*kept)
	delete(c.at, k.key)
	c.bytes -= int64(len(k.body))
}

// askCached is ask for answers that are kept.
func (c *Client) askCached(ctx context.Context, of call) ([]byte, error) {
	key := strings.Join(escaped(of.path), "/") + "?" + of.query
	had, ok := c.cache.get(key)
	if ok {
		if time.Now().Before(had.fresh) {
			return had.body, nil
		}
		of.etag = had.etag
	}
	asked := time.Now()
	r, err := c.reply(ctx, of)
	if err != nil {
		return nil, err
	}
	if r.status == http.StatusNotModified {
		r.body = had.body
		if r.header.Get("Etag") == "" {
			r.header.Set("Etag", had.etag)
		}
	}
	age, keep := maxAge(r.header)
	if etag := r.header.Get("Etag"); etag != "" && keep {
		c.cache.put(&kept{key: key, etag: etag, body: r.body, fresh: asked.Add(age)})
	}
	return r.body, nil
}

// maxAge is how long an answer is good without asking; false where it may not be
// kept at all.
func maxAge(h http.Header) (age time.Duration, keep bool) {
	for directive := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.ToLower(strings.TrimSpace(directive)), "=")
		switch name {
		case "no-store":
			return 0, false
		case "max-age":
			age = seconds(value)
		}
	}
	return max(age-seconds(h.Get("Age")), 0), true
}

// seconds is a number of at most a day; 0 for what is none.
func seconds(v string) time.Duration {
	n, err := strconv.ParseUint(v, 10, 32)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, 24*time.Hour)
}
