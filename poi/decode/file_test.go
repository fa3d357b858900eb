package decode

import (
	"strings"
	"testing"
)

func TestBadGzip(t *testing.T) {
	good := string(packed(t, "id,name,lat,lng\na,b,1,1\n"))
	wrongSum := []byte(good)
	wrongSum[len(wrongSum)-8] ^= 1
	damaged := []byte(string(packed(t, strings.Repeat("id,name,lat,lng\n", 100))))
	damaged[11] ^= 0xff
	tests := []struct {
		name string
		raw  string
		want string
	}{
		{"good", good, ""},
		{"two members", good + string(packed(t, "b,b,1,1\n")), ""},
		{"not packed", "id,name,lat,lng\n", "pois.csv.gz: the file is named .gz but is not gzip (syntax)"},
		{"empty", "", "pois.csv.gz: the gzip data is cut short (syntax)"},
		{"cut short", good[:len(good)-12], "pois.csv.gz:3: the gzip data is cut short (syntax)"},
		{"cut in the trailer", good[:len(good)-1], "pois.csv.gz:3: the gzip data is cut short (syntax)"},
		{"checksum", string(wrongSum), "pois.csv.gz:3: the gzip checksum is wrong (syntax)"},
		{"something behind", good + "garbage, ten bytes or more", "pois.csv.gz:3: there is something after the gzip data (syntax)"},
		{"packed twice", string(packed(t, good)), "pois.csv.gz: the file is gzip inside; name it .gz, and pack it once (syntax)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readAll(t, writeRaw(t, "pois.csv.gz", tt.raw))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
	if _, err := readAll(t, writeRaw(t, "pois.csv.gz", string(damaged))); err == nil {
		t.Error("damaged data are read")
	}
}
