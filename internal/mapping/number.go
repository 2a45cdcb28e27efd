package mapping

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// marks are the characters in which a file writes its numbers.
type marks struct {
	point, thousands rune
}

var errNotNumber = errors.New("not a number")

// decimal reads an amount as people write it ("$1,054.00", "(12.50)", "USD 99", or "1.054,00 €" with the marks turned
// round) and returns it in plain digits: "1054", "-12.5". Nothing is rounded, and a thousands mark that does not stand
// before three digits is refused, so that "1,5" is never read as fifteen.
func (m marks) decimal(s string) (string, error) {
	s, negative, err := sign(s)
	if err != nil {
		return "", err
	}
	whole, fraction, pointed := strings.Cut(s, string(m.point))
	whole, err = m.ungroup(whole)
	if err != nil || !allDigits(whole) || !allDigits(fraction) || whole+fraction == "" || pointed && fraction == "" {
		return "", errNotNumber
	}
	out := strings.TrimLeft(whole, "0")
	if out == "" {
		out = "0"
	}
	if fraction = strings.TrimRight(fraction, "0"); fraction != "" {
		out += "." + fraction
	}
	if negative && out != "0" {
		out = "-" + out
	}
	return out, nil
}

// sign takes signs, brackets and currencies off a number.
func sign(s string) (rest string, negative bool, err error) {
	s = strings.TrimSpace(s)
	if inner, ok := strings.CutPrefix(s, "("); ok {
		inner, ok = strings.CutSuffix(inner, ")")
		if !ok {
			return "", false, errNotNumber
		}
		return trimCurrency(inner), true, nil
	}
	s = trimCurrency(s)
	for _, mark := range []string{"-", "−", "+"} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return trimCurrency(rest), mark != "+", nil
		}
	}
	return s, false, nil
}

// trimCurrency takes spaces and one currency, a sign or three capital letters, off either end.
func trimCurrency(s string) string {
	s = strings.TrimSpace(s)
	isLetters := func(t string) bool {
		return strings.Trim(t, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
	}
	if r, n := utf8.DecodeRuneInString(s); unicode.Is(unicode.Sc, r) {
		return strings.TrimSpace(s[n:])
	}
	if r, n := utf8.DecodeLastRuneInString(s); unicode.Is(unicode.Sc, r) {
		return strings.TrimSpace(s[:len(s)-n])
	}
	if len(s) > 3 && isLetters(s[:3]) {
		return strings.TrimSpace(s[3:])
	}
	if len(s) > 3 && isLetters(s[len(s)-3:]) {
		return strings.TrimSpace(s[:len(s)-3])
	}
	return s
}

// ungroup takes the thousands marks out of a whole number.
func (m marks) ungroup(s string) (string, error) {
	groups := strings.Split(s, string(m.thousands))
	for i, g := range groups {
		if i > 0 && len(g) != 3 || len(groups) > 1 && i == 0 && (g == "" || len(g) > 3) {
			return "", errNotNumber
		}
	}
	return strings.Join(groups, ""), nil
}

// allDigits tells whether s has nothing but 0 to 9 in it; an empty text passes.
func allDigits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// seconds reads a length of time written as h:m:s, m:s or plain seconds.
func seconds(s string) (int64, error) {
	fields := strings.Split(strings.TrimSpace(s), ":")
	if len(fields) > 3 {
		return 0, errors.New("not a length of time (h:m:s)")
	}
	var total int64
	for i, f := range fields {
		n, err := strconv.ParseInt(f, 10, 32)
		if err != nil || !allDigits(f) || i > 0 && n > 59 {
			return 0, errors.New("not a length of time (h:m:s)")
		}
		total = total*60 + n
	}
	return total, nil
}

// truth reads a truth value as spreadsheets write it.
func truth(s string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "yes", "y", "1", "x":
		return true, nil
	case "false", "no", "n", "0":
		return false, nil
	}
	return false, errors.New("neither true nor false")
}
