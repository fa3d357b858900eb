package generate

import (
	"io"
	"strings"
	"text/template"
)

// site makes an ordinary nginx what a relay is, but for the digests, which nodes
// compare anyway. Where channels are has to be asked each time, and the question
// to go through as it is, so that the origin can let it wait.
const site = `# A cache in place of a relay: below http { … }, in conf.d or sites-enabled.
proxy_cache_path /var/cache/nginx/geodrop levels=1:2 keys_zone=geodrop:4m max_size=64g inactive=7d use_temp_path=off;

server {
    listen 8091;

    location /v1/channels/ {
        proxy_pass {{.Upstream}};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_read_timeout 90s;
        proxy_buffering off;
    }

    location ~ ^/v1/(objects|patches)/ {
        proxy_pass {{.Upstream}};
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_cache geodrop;
        proxy_cache_key $uri;
        proxy_cache_valid 200 7d;
        proxy_cache_lock on;
        proxy_cache_lock_timeout 30s;
        proxy_cache_use_stale error timeout;
    }
}
`

func writeSite(w io.Writer, o Options) error {
	return template.Must(template.New("site").Parse(site)).Execute(w, map[string]string{"Upstream": strings.TrimRight(o.Upstream, "/")})
}
