package poi

// Nearest is the name that was probably meant by a misspelt one: the closest of
// names within a third of its length in edits; "" if none is that close.
func Nearest(name string, names []string) string {
	best, bestDistance := "", (len(name)+1)/3+1
	row := make([]int, len(name)+bestDistance+1)
	for _, candidate := range names {
		if longer := len(candidate) - len(name); longer >= bestDistance || -longer >= bestDistance {
			continue // as many insertions or deletions at least
		}
		if d := editDistance(name, candidate, row); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// editDistance counts insertions, deletions and replacements of bytes
// (Levenshtein), whatever the case of letters. The row is room for as many as b
// has, and one more.
func editDistance(a, b string, row []int) int {
	row = row[:len(b)+1]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		c := lower(a[i])
		for j := range len(b) {
			cost := diagonal
			if c != lower(b[j]) {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
