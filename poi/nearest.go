package poi

// Nearest is the name that was probably meant by a misspelt one: the closest of
// names within a third of its length in edits; "" if none is that close.
func Nearest(name string, names []string) string {
	best, bestDistance := "", (len(name)+1)/3+1
	for _, candidate := range names {
		if len(candidate) > 2*len(name)+2 {
			continue
		}
		if d := editDistance(lower(name), lower(candidate)); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// editDistance counts insertions, deletions and replacements of bytes
// (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
