package mapping

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"milemarker/internal/providers/wire"
)

var errLong = errors.New("the text becomes longer than 64 KiB")

func replace(s, from, to string, n int) (string, error) {
	times := strings.Count(s, from)
	if n >= 0 {
		times = min(times, n)
	}
	if len(s)+times*len(to) > maxMade {
		return "", errLong
	}
	return strings.Replace(s, from, to, n), nil
}

func join(list traits.Lister, between string) (string, error) {
	var out strings.Builder
	for it := list.Iterator(); it.HasNext() == types.True; {
		text, ok := it.Next().(types.String)
		if !ok {
			return "", errors.New("join takes texts; text(...) makes one of a value")
		}
		if out.Len() > 0 {
			out.WriteString(between)
		}
		if out.Len()+len(text) > maxMade {
			return "", errLong
		}
		out.WriteString(string(text))
	}
	return out.String(), nil
}

// textArg is an argument that the checker has found to be text.
func textArg(v ref.Val) string {
	s, _ := v.(types.String)
	return string(s)
}

func minor(amount, currency ref.Val) (string, error) {
	text, err := textOf(amount)
	code := wire.Currency(textArg(currency))
	if err == nil && code == "" {
		err = errors.New("unknown currency")
	}
	if err != nil || text == "" {
		return "", err
	}
	n, err := wire.JSON([]byte(text))
	if err != nil {
		return "", errors.New("not a number")
	}
	d, ok := wire.Minor(n, wire.Digits(code))
	if !ok {
		return "", errors.New("not a whole number of the currency's smallest unit")
	}
	return d.String(), nil
}

// timestamp reads a time by a layout, "" for the usual ones, in a zone.
func timestamp(args []ref.Val) (any, error) {
	if t, ok := args[0].(types.Timestamp); ok {
		return t.Time, nil
	}
	text, err := textOf(args[0])
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(textArg(args[2]))
	if err != nil {
		return nil, errors.New("unknown zone")
	}
	var layouts []layout
	if format := textArg(args[1]); format != "" {
		l, err := newLayout(format)
		if err != nil {
			return nil, err
		}
		layouts = append(layouts, l)
	}
	t, err := readTime(text, layouts, zone, 12, 0)
	return t, err
}

// date is the day of a time in a zone.
func date(args []ref.Val) (any, error) {
	t, err := timestamp([]ref.Val{args[0], types.String(""), args[1]})
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(textArg(args[1]))
	if err != nil {
		return nil, errors.New("unknown zone")
	}
	return t.(time.Time).In(zone).Format(time.DateOnly), nil
}

// first returns the first element that holds something; null if there is none.
func first(list ref.Val) ref.Val {
	for it := list.(traits.Lister).Iterator(); it.HasNext() == types.True; {
		v := it.Next()
		if o, ok := v.(*types.Optional); ok {
			if !o.HasValue() {
				continue
			}
			v = o.GetValue()
		}
		if s, ok := v.(types.String); v != types.NullValue && (!ok || strings.TrimSpace(string(s)) != "") {
			return v
		}
	}
	return types.NullValue
}

// hash makes a short text of any value, the same for the same value: 128 bits of SHA-256 over its JSON, in hex.
func hash(v ref.Val) (string, error) {
	plain, err := fromCEL(v)
	if err != nil {
		return "", err
	}
	b, err := json.Marshal(plain)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16]), nil
}
