package transfer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"time"

	"geodrop/data/sqlstore"
	"geodrop/grid"
	"geodrop/poi"
)

type districtProperties struct {
	Adcode poi.Adcode `json:"adcode"`
	Name   string     `json:"name"`
	Parent poi.Adcode `json:"parent,omitempty"`
}

func (e *exporting) districts(ctx context.Context) error {
	return features(e, "districts.geojson", e.src.Districts(ctx), func(d *poi.District) (any, grid.Shape) {
		return districtProperties{d.Adcode, d.Name, d.Parent}, d.Shape
	})
}

type zoneProperties struct {
	ID       poi.ZoneID    `json:"id"`
	Name     string        `json:"name"`
	Reason   string        `json:"reason"`
	StartsAt string        `json:"starts_at,omitempty"`
	EndsAt   string        `json:"ends_at,omitempty"`
	Daily    []poi.Session `json:"daily,omitempty"`
	TimeZone string        `json:"time_zone,omitempty"`
}

func (e *exporting) zones(ctx context.Context) error {
	return features(e, "zones.geojson", e.src.Zones(ctx), func(z *poi.Zone) (any, grid.Shape) {
		p := zoneProperties{ID: z.ID, Name: z.Name, Reason: z.Reason, Daily: z.When.Sessions,
			StartsAt: timeText(z.When.Start), EndsAt: timeText(z.When.End)}
		if !z.When.TimeZone.IsZero() || len(p.Daily) > 0 {
			p.TimeZone = z.When.TimeZone.String()
		}
		return p, z.Shape
	})
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// features writes a collection, one feature on a line.
func features[T any](e *exporting, name string, areas iter.Seq2[*T, error], describe func(*T) (any, grid.Shape)) error {
	return e.file(name, func(w *bufio.Writer) error {
		if _, err := w.WriteString(`{"type":"FeatureCollection","features":[`); err != nil {
			return err
		}
		before := "\n"
		var line []byte
		for area, err := range areas {
			if err != nil {
				return err
			}
			properties, shape := describe(area)
			text, err := jsonText(properties)
			if err != nil {
				return err
			}
			line = append(line[:0], before...)
			line = append(append(append(line, `{"type":"Feature","properties":`...), text...), `,"geometry":`...)
			line = append(sqlstore.AppendShape(line, shape), '}')
			if _, err := w.Write(line); err != nil {
				return err
			}
			before = ",\n"
			e.progress.Add(1)
		}
		_, err := w.WriteString("\n]}\n")
		return err
	})
}

// jsonText is JSON as people write it, without escapes for HTML.
func jsonText(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
