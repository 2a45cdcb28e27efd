package events

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
)

// Decimal is an exact decimal number: an int64 count of 1/10,000. Sums and differences are those of int64.
type Decimal int64

// Scale is the number of Decimal units in 1.
const Scale = 10_000

const fractionDigits = 4

// The errors of ParseDecimal and Decimal.UnmarshalJSON.
var (
	ErrDecimalSyntax = errors.New(`not a decimal number such as "1054" or "-0.5"`)
	ErrDecimalFine   = errors.New("more than 4 fraction digits")
	ErrDecimalRange  = errors.New("beyond ±922337203685477.5807")
)

// ParseDecimal reads a number as JSON writes one, without exponent: an optional minus sign, digits without leading
// zeros, and up to 4 fraction digits. It returns ErrDecimalSyntax, ErrDecimalFine or ErrDecimalRange.
func ParseDecimal(s string) (Decimal, error) {
	return parseDecimal([]byte(s), false)
}

// parseDecimal reads s exactly; exponent tells whether "15e-1" may stand for "1.5".
func parseDecimal(s []byte, exponent bool) (Decimal, error) {
	end, err := skipNumber(s, 0)
	if err != nil || end != len(s) {
		return 0, ErrDecimalSyntax
	}
	negative := s[0] == '-'
	if negative {
		s = s[1:]
	}
	shift := 0
	if i := bytes.IndexAny(s, "eE"); i >= 0 {
		if !exponent {
			return 0, ErrDecimalSyntax
		}
		if shift, err = strconv.Atoi(string(s[i+1:])); err != nil {
			return 0, ErrDecimalRange
		}
		s = s[:i]
	}
	whole, fraction, _ := bytes.Cut(s, []byte{'.'})
	// The value is digits × 10^(exponent - fraction digits): as units of 1/10,000 it needs that many zeros more.
	zeros := fractionDigits + shift - len(fraction)
	units := uint64(0)
	for _, part := range [2][]byte{whole, fraction} {
		for _, c := range part {
			if units > (math.MaxUint64-9)/10 {
				return 0, ErrDecimalRange
			}
			units = units*10 + uint64(c-'0')
		}
	}
	for ; zeros > 0 && units != 0; zeros-- {
		if units > math.MaxUint64/10 {
			return 0, ErrDecimalRange
		}
		units *= 10
	}
	if zeros < 0 && shift == 0 {
		return 0, ErrDecimalFine
	}
	for ; zeros < 0 && units != 0; zeros++ {
		if units%10 != 0 {
			return 0, ErrDecimalFine
		}
		units /= 10
	}
	switch {
	case negative && units <= math.MaxInt64+1:
		return Decimal(-units), nil // wraps to the right value for the least int64 too
	case !negative && units <= math.MaxInt64:
		return Decimal(units), nil
	}
	return 0, ErrDecimalRange
}

// String returns the canonical form: no exponent, no trailing zeros after the point, "1054" or "0.5".
func (d Decimal) String() string {
	var buf [24]byte
	return string(d.append(buf[:0]))
}

// append appends the canonical form to b.
func (d Decimal) append(b []byte) []byte {
	units := uint64(d)
	if d < 0 {
		b = append(b, '-')
		units = -units
	}
	b = strconv.AppendUint(b, units/Scale, 10)
	rest := units % Scale
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for unit := uint64(Scale / 10); rest != 0; unit /= 10 {
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return b
}

// Float64 returns the nearest float64, for statistics; never for money that is stored or added up.
func (d Decimal) Float64() float64 { return float64(d) / Scale }

// MarshalJSON writes a JSON string, so that no reader turns the number into a float.
func (d Decimal) MarshalJSON() ([]byte, error) {
	return append(d.append([]byte{'"'}), '"'), nil
}

// UnmarshalJSON reads a JSON string as ParseDecimal does, or a JSON number exactly from its text.
func (d *Decimal) UnmarshalJSON(b []byte) error {
	parsed, err := decimalFromJSON(b)
	if err != nil {
		return fmt.Errorf("decimal: %w", err)
	}
	*d = parsed
	return nil
}

// decimalFromJSON reads a JSON string or number token.
func decimalFromJSON(b []byte) (Decimal, error) {
	if len(b) >= 2 && b[0] == '"' {
		return parseDecimal(b[1:len(b)-1], false)
	}
	return parseDecimal(b, true)
}
