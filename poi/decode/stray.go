package decode

import (
	"path"
	"slices"
	"strings"

	"geodrop/poi"
)

// Stray is an entry of a bundle's folder that is not read, though somebody may
// think that it is.
type Stray struct {
	Name    string
	Nearest string // name under which it would be read, if it is nearly that
	Missing bool   // nothing of the bundle has the name Nearest
}

// settingsFile is read by geodrop validate, so it is no stray.
const settingsFile = "rules.yaml"

// Strays are the entries that Ignored lists, but for what every folder may have:
// names that begin with a dot, Markdown, and names without an ending such as
// LICENSE, unless they are nearly that of a file of a bundle.
func (b *Bundle) Strays() (strays []Stray) {
	for _, name := range b.files.ignored {
		base := path.Base(name)
		if name == settingsFile || strings.HasPrefix(base, ".") || strings.HasSuffix(base, ".md") {
			continue
		}
		s := Stray{Name: name, Nearest: nearestFile(name)}
		s.Missing = s.Nearest != "" && !b.has(s.Nearest)
		if s.Nearest != "" || strings.Contains(base, ".") {
			strays = append(strays, s)
		}
	}
	return strays
}

// has reports whether the bundle has what would be read under a name.
func (b *Bundle) has(name string) bool {
	if name == setsDir {
		return len(b.files.sets) > 0
	}
	if name == settingsFile {
		return slices.Contains(b.files.ignored, name)
	}
	return slices.ContainsFunc(b.files.all(), func(f file) bool { return strings.TrimSuffix(f.name, ".gz") == name })
}

// nearestFile is the name that was probably meant: what stands before the first
// dot decides. Typing errors seldom are in the first letter, so notes.csv is not
// taken for zones.
func nearestFile(name string) string {
	if set, ok := strings.CutPrefix(name, setsDir+"/"); ok {
		stem, _, _ := strings.Cut(set, ".")
		return path.Join(setsDir, stem+".csv")
	}
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	known := map[string]string{setsDir: setsDir, strings.TrimSuffix(settingsFile, ".yaml"): settingsFile}
	stems := []string{setsDir, strings.TrimSuffix(settingsFile, ".yaml")}
	for _, k := range kinds {
		prefix, open := strings.CutSuffix(k.stem, "*")
		if open && strings.HasPrefix(stem, prefix) {
			return stem + k.ext
		}
		known[prefix] = prefix + k.ext
		stems = append(stems, prefix)
	}
	if near := poi.Nearest(stem, stems); near != "" && near[0] == stem[0] {
		return known[near]
	}
	return ""
}
