package mapping

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// What an expression may give: an event is small. A list can be made large at little cost, by adding it to itself or by
// naming one long text many times, so this is looked at while it is read.
const (
	maxValues = 10_000
	maxBytes  = 256 << 10 // of all texts
)

// room is what is left of that.
type room struct {
	values, bytes int
	text          int // bytes of one text
}

// roomForItems is that of what for_each goes through: a whole delivery.
func roomForItems() *room { return &room{100_000, 2 << 20, 1 << 20} }

// toCEL turns decoded JSON, its numbers as json.Number, into what expressions reckon with: whole numbers stay exact, and a
// number that neither an integer nor a float of 15 digits can hold becomes its text.
func toCEL(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = toCEL(e)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = toCEL(e)
		}
		return out
	case json.Number:
		text := v.String()
		if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil && significant(text) <= 15 {
			return f
		}
		return text
	}
	return v
}

// significant counts the digits of a number.
func significant(number string) int {
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return len(strings.Trim(strings.ReplaceAll(mantissa, ".", ""), "-0"))
}

var errResult = errors.New("the result is too large for an event")

// fromCEL turns a value into what encoding/json writes. Numbers are json.Number, times time.Time, nothing is nil.
func fromCEL(v ref.Val) (any, error) {
	return plain(v, &room{maxValues, maxBytes, maxMade})
}

func plain(v ref.Val, left *room) (any, error) {
	if left.values--; left.values < 0 {
		return nil, errResult
	}
	switch v := v.(type) {
	case types.String:
		if left.bytes -= len(v); len(v) > left.text || left.bytes < 0 {
			return nil, errResult
		}
		return string(v), nil
	case types.Int:
		return json.Number(strconv.FormatInt(int64(v), 10)), nil
	case types.Uint:
		return json.Number(strconv.FormatUint(uint64(v), 10)), nil
	case types.Double:
		return number(float64(v))
	case types.Bool:
		return bool(v), nil
	case types.Null:
		return nil, nil //nolint:nilnil // null
	case types.Timestamp:
		return v.Time, nil
	case types.Duration:
		return json.Number(strconv.FormatInt(int64(v.Duration/time.Second), 10)), nil
	case *types.Optional:
		if !v.HasValue() {
			return nil, nil //nolint:nilnil // nothing
		}
		return plain(v.GetValue(), left)
	case *types.Err:
		return nil, explainFault(v)
	case traits.Mapper:
		return plainMap(v, left)
	case traits.Lister:
		out := []any{}
		for it := v.Iterator(); it.HasNext() == types.True; {
			e, err := plain(it.Next(), left)
			if err != nil {
				return nil, err
			}
			out = append(out, e)
		}
		return out, nil
	}
	return nil, fmt.Errorf("a %s has no place in an event", v.Type().TypeName())
}

func plainMap(v traits.Mapper, left *room) (any, error) {
	out := map[string]any{}
	for it := v.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		name, ok := key.(types.String)
		if !ok {
			return nil, errors.New("the names of an object are texts")
		}
		left.bytes -= len(name)
		e, err := plain(v.Get(key), left)
		if err != nil {
			return nil, err
		}
		if e != nil {
			out[string(name)] = e
		}
	}
	return out, nil
}

// number writes a float in plain digits, as few as tell it apart from others.
func number(f float64) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, errors.New("the result is no number")
	}
	return json.Number(strconv.FormatFloat(f, 'f', -1, 64)), nil
}

// textOf is a value inside of an expression as text: "" for nothing.
func textOf(v ref.Val) (string, error) {
	switch v.(type) {
	case traits.Mapper, traits.Lister:
		return "", errors.New("a text is needed, not a list or an object")
	}
	p, err := fromCEL(v)
	if err != nil {
		return "", err
	}
	return scalar(p), nil
}

// scalar writes one value as text, "" for lists and objects.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case json.RawMessage:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	return ""
}
