package decode

import "bytes"

// placeIn is the place behind b, which begins at the given one. Columns count
// code points, as those of YAML do and as editors and code hosts show them.
func placeIn(b []byte, line, column int) (int, int) {
	if last := bytes.LastIndexByte(b, '\n'); last >= 0 {
		return line + bytes.Count(b, []byte{'\n'}), 1 + codePoints(b[last+1:])
	}
	return line, column + codePoints(b)
}

// codePoints is how many begin in b. One that a text is cut within counts once,
// in the piece that it begins in; of what is not UTF-8, each byte that could begin
// one counts.
func codePoints(b []byte) (n int) {
	for _, c := range b {
		if c&0xc0 != 0x80 {
			n++
		}
	}
	return n
}
