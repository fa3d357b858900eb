package rule

import "geodrop/poi"

// maxCompared bounds the names that a rule compares with misspelt ones.
const maxCompared = 2_000_000

// nearest finds what was probably meant, until it has compared enough: findings
// beyond say what is wrong, and not what would be right.
type nearest struct{ compared int }

func (n *nearest) to(name string, names []string) string {
	if n.compared += len(names); n.compared > maxCompared {
		return ""
	}
	return poi.Nearest(name, names)
}
