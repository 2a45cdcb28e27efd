package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"milemarker/internal/providers"
)

// Limits of a body.
const (
	MaxBody  = 1 << 20 // bytes
	MaxDepth = 64      // objects and arrays within one another
)

// Value is a JSON value, or nothing. Whatever one looks for in it, what is not there gives the zero Value. Numbers keep
// their digits.
type Value struct{ v any }

// JSON reads a body. It returns providers.ErrMalformed, wrapped, for what is larger or deeper than the limits, or no JSON.
func JSON(body []byte) (Value, error) {
	switch {
	case len(body) > MaxBody:
		return Value{}, fmt.Errorf("body has more than %d bytes: %w", MaxBody, providers.ErrMalformed)
	case depth(body) > MaxDepth:
		return Value{}, fmt.Errorf("body is nested deeper than %d levels: %w", MaxDepth, providers.ErrMalformed)
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return Value{}, fmt.Errorf("body is not JSON: %w", providers.ErrMalformed)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Value{}, fmt.Errorf("body goes on after its JSON: %w", providers.ErrMalformed)
	}
	return Value{v}, nil
}

// Embedded reads JSON that stands in a text, such as a form's field; nothing if it is none.
func (v Value) Embedded() Value {
	inner, err := JSON([]byte(v.Text()))
	if err != nil {
		return Value{}
	}
	return inner
}

// depth returns how deep objects and arrays lie within one another.
func depth(body []byte) int {
	most, now, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			now++
			most = max(most, now)
		case c == '}' || c == ']':
			now--
		}
	}
	return most
}

// Get goes down by the names of members, and by indexes ("0") of arrays.
func (v Value) Get(path ...string) Value {
	for _, name := range path {
		switch in := v.v.(type) {
		case map[string]any:
			v = Value{in[name]}
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) {
				return Value{}
			}
			v = Value{in[i]}
		default:
			return Value{}
		}
	}
	return v
}

// Exists tells whether there is a value other than null.
func (v Value) Exists() bool { return v.v != nil }

// IsObject tells whether the value has members.
func (v Value) IsObject() bool { _, ok := v.v.(map[string]any); return ok }

// IsList tells whether the value is an array.
func (v Value) IsList() bool { _, ok := v.v.([]any); return ok }

// List returns the elements of an array, none of anything else.
func (v Value) List() []Value {
	in, _ := v.v.([]any)
	out := make([]Value, len(in))
	for i, e := range in {
		out[i] = Value{e}
	}
	return out
}

// Names returns the names of an object's members, sorted.
func (v Value) Names() []string {
	in, _ := v.v.(map[string]any)
	out := make([]string, 0, len(in))
	for name := range in {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Text returns text without space at its ends, a number in its own digits, true or false; "" for all else.
func (v Value) Text() string {
	switch in := v.v.(type) {
	case string:
		return strings.TrimSpace(in)
	case json.Number:
		return in.String()
	case bool:
		return strconv.FormatBool(in)
	}
	return ""
}

// First returns the text of the first path that leads to one; a path's names have points between them.
func (v Value) First(paths ...string) string {
	for _, path := range paths {
		if text := v.Get(strings.Split(path, ".")...).Text(); text != "" {
			return text
		}
	}
	return ""
}

// Int returns a whole number, written as a number or as text; a fraction is cut off.
func (v Value) Int() (n int64, ok bool) {
	text := v.Text()
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	if len(text) > 40 || strings.ContainsAny(text, "eE_/xXpP") && !plainExponent(text) {
		return 0, false
	}
	f, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, false
	}
	whole := new(big.Int).Quo(f.Num(), f.Denom())
	return whole.Int64(), whole.IsInt64()
}

// plainExponent tells whether text is a number with an exponent of one or two digits: more is no number that counts, and
// dear to compute.
func plainExponent(text string) bool {
	mantissa, exponent, found := strings.Cut(strings.ToLower(text), "e")
	exponent = strings.TrimLeft(exponent, "+-")
	return found && strings.Trim(mantissa, "+-.0123456789") == "" &&
		len(exponent) < 3 && strings.Trim(exponent, "0123456789") == ""
}

// Bool returns true for true, 1 and yes, as text or not, in any case.
func (v Value) Bool() bool {
	switch strings.ToLower(v.Text()) {
	case "true", "1", "yes", "y":
		return true
	}
	return false
}

// Raw returns the value as JSON, with members in the order of their names; nil for none.
func (v Value) Raw() []byte {
	if v.v == nil {
		return nil
	}
	b, err := json.Marshal(v.v)
	if err != nil {
		return nil
	}
	return b
}

// Or returns the first of the values that exists.
func Or(values ...Value) Value {
	for _, v := range values {
		if v.Exists() {
			return v
		}
	}
	return Value{}
}
