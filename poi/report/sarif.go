package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"path"
	"strings"

	"geodrop/poi"
	"geodrop/poi/rule"
)

// The parts of SARIF 2.1.0 that are written. Columns count code points, as in
// poi.Place.
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool       sarifTool      `json:"tool"`
	ColumnKind string         `json:"columnKind"`
	Results    []sarifResult  `json:"results"`
	Properties map[string]any `json:"properties"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID               string         `json:"id"`
	ShortDescription sarifText      `json:"shortDescription"`
	FullDescription  sarifText      `json:"fullDescription"`
	Help             sarifText      `json:"help"`
	Default          sarifLevel     `json:"defaultConfiguration"`
	Properties       map[string]any `json:"properties"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifLevel struct {
	Level string `json:"level"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations,omitempty"`
	Related      []sarifLocation   `json:"relatedLocations,omitempty"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	Physical sarifPhysical  `json:"physicalLocation"`
	Logical  []sarifLogical `json:"logicalLocations,omitempty"`
}

type sarifPhysical struct {
	Artifact sarifArtifact `json:"artifactLocation"`
	Region   *sarifRegion  `json:"region,omitempty"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind"`
}

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

func writeSARIF(w io.Writer, r *rule.Result, o *Options) error {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{},
		Tool:       sarifTool{sarifDriver{Name: "geodrop", Version: o.Version, Rules: []sarifRule{}}},
		Properties: map[string]any{"accepted": r.Accepted(), "unread": r.Unread}}
	each(r, func(t *rule.Total, findings []rule.Finding) {
		index := len(run.Tool.Driver.Rules)
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(t))
		for i := range findings {
			run.Results = append(run.Results, o.sarifResult(&findings[i], index))
		}
	})
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}})
}

// sarifRuleOf has the exact number of findings in its properties: of many, not
// all are listed.
func sarifRuleOf(t *rule.Total) sarifRule {
	return sarifRule{
		ID: t.Rule.ID, ShortDescription: sarifText{capital(t.Rule.Reason) + "."}, FullDescription: sarifText{t.Rule.Doc},
		Help: sarifText{t.Rule.Fix}, Default: sarifLevel{t.Severity.String()},
		Properties: map[string]any{"tags": []string{t.Rule.Group}, "count": t.Count, "accepted": t.Accepted, "listed": t.Kept},
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (o *Options) sarifResult(f *rule.Finding, index int) sarifResult {
	return sarifResult{
		RuleID: f.Rule, RuleIndex: index, Level: f.Severity.String(), Message: sarifText{o.sentence(f)},
		Locations:    o.sarifLocations(f),
		Related:      sarifPlace(o.place(f.See)),
		Fingerprints: map[string]string{"geodrop/v1": fingerprint(f)},
	}
}

// sarifLocations are where a finding is. A location without a file makes GitHub
// refuse all of a log: what is about a whole table is at the file that most write
// it in, and in a store nowhere.
func (o *Options) sarifLocations(f *rule.Finding) []sarifLocation {
	at := o.place(f.At)
	if at.File == "" && o.Dir != "" {
		at.File, at.Line, at.Column = path.Join(o.Dir, usualFile(at.Table)), 1, 0
	}
	return sarifPlace(at)
}

// sarifPlace is a place with a file, or none.
func sarifPlace(at poi.Place) []sarifLocation {
	if at.File == "" {
		return nil
	}
	uri := url.URL{Path: at.File}
	if path.IsAbs(at.File) {
		uri.Scheme = "file"
	}
	l := sarifLocation{Physical: sarifPhysical{Artifact: sarifArtifact{uri.String()}}}
	if at.Line > 0 {
		l.Physical.Region = &sarifRegion{StartLine: at.Line, StartColumn: at.Column}
	}
	if name := logicalName(&at); name != "" {
		l.Logical = []sarifLogical{{Name: name, Kind: "member"}}
	}
	return []sarifLocation{l}
}

// usualFile is the file of a bundle in which a table is, as a rule.
func usualFile(t poi.Table) string {
	switch t {
	case poi.TableDistricts, poi.TableZones:
		return string(t) + ".geojson"
	case poi.TablePOIs, poi.TableMerchants, poi.TablePrizes:
		return string(t) + ".csv"
	case poi.TableSets:
		return "poi_sets.csv"
	default:
		return "tasks.yaml"
	}
}

// logicalName is a path such as tasks/lanterns/quotas[3].units.
func logicalName(at *poi.Place) string {
	var parts []string
	for _, part := range []string{string(at.Table), at.Key, at.Field} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "/")
}

// fingerprint tells a finding from others wherever its line has moved to.
func fingerprint(f *rule.Finding) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Rule, f.Object, string(f.At.Table), f.At.Key, f.At.Field, f.Value}, "\x00")))
	return hex.EncodeToString(sum[:16])
}
