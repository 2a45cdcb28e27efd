package events

// nearest returns the name that s most likely was meant to be, "" if none comes near.
func nearest(s string, names []string) string {
	const longest = 64 // no name is longer; what is cannot come near and is not worth measuring
	if len(s) > longest {
		return ""
	}
	best, least := "", 1+max(1, len(s)/3)
	for _, name := range names {
		if d := distance(s, name); d < least {
			best, least = name, d
		}
	}
	return best
}

// distance is the number of bytes to insert, delete or replace to make a into b.
func distance(a, b string) int {
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
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}

// Nearest returns the name that s most likely was meant to be, "" if none comes near.
func Nearest(s string, names []string) string { return nearest(s, names) }
