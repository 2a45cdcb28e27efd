package events

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// form is the JSON form of a field.
type form string

const (
	formText      form = "string"
	formInteger   form = "integer"
	formDecimal   form = "decimal"
	formBoolean   form = "boolean"
	formTimestamp form = "timestamp"
	formDate      form = "date"
	formObject    form = "object"
	formList      form = "list"
	formMap       form = "map"
)

// Bounds of what a field may hold where its rule gives none.
const (
	maxText    = 200
	maxNote    = 4_000
	maxList    = 100
	maxEntries = 10_000
	// maxAmount is the greatest whole number of a decimal: 12 digits, so that a sum of hundreds of the greatest is exact.
	maxAmount = 999_999_999_999
)

// field is what the tags of one struct field say.
type field struct {
	name      string
	doc       string
	form      form
	required  bool
	private   bool // never in clear in the ledger
	multiline bool
	enum      []string
	format    *format // nil: none
	fallback  string  // written into the recorded payload when the field is absent, "" for none
	with      []string
	after     string
	min, max  Decimal // text: characters; lists and maps: count
	elem      *field  // of lists and maps
	shape     *shape  // of objects
}

// shape is what a struct says: its fields in the order of their names, which is the canonical order of keys.
type shape struct {
	fields []field
	index  map[string]int
}

// maxFields bounds the fields of one shape, so that a checker can hold them on its stack.
const maxFields = 40

// shapeOf reads the tags of struct type t. It panics on tags it does not understand: they are part of the program.
func shapeOf(t reflect.Type) *shape {
	s := &shape{fields: fieldsOf(t), index: map[string]int{}}
	slices.SortFunc(s.fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	if len(s.fields) > maxFields {
		panic(fmt.Sprintf("events: %v has more than %d fields", t, maxFields))
	}
	for i, f := range s.fields {
		if _, twice := s.index[f.name]; twice {
			panic(fmt.Sprintf("events: %v has %q twice", t, f.name))
		}
		s.index[f.name] = i
	}
	for _, f := range s.fields {
		for _, other := range f.with {
			s.mustHave(t, other)
		}
		if f.after != "" {
			s.mustHave(t, f.after)
		}
	}
	return s
}

func (s *shape) mustHave(t reflect.Type, name string) {
	if _, ok := s.index[name]; !ok {
		panic(fmt.Sprintf("events: a rule of %v names %q, which it does not have", t, name))
	}
}

// names returns the names of all fields.
func (s *shape) names() []string {
	names := make([]string, len(s.fields))
	for i := range s.fields {
		names[i] = s.fields[i].name
	}
	return names
}

// fieldsOf lists the fields of t, those of embedded structs among them.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for sf := range t.Fields() {
		if sf.Anonymous {
			fields = append(fields, fieldsOf(sf.Type)...)
			continue
		}
		f := fieldOf(sf.Type)
		f.name, _, _ = strings.Cut(sf.Tag.Get("json"), ",")
		f.doc = sf.Tag.Get("doc")
		if f.name == "" || f.doc == "" {
			panic(fmt.Sprintf("events: %v.%s lacks its json or doc tag", t, sf.Name))
		}
		f.apply(sf.Tag.Get("rule"))
		fields = append(fields, f)
	}
	return fields
}

// fieldOf returns what the Go type alone says.
func fieldOf(t reflect.Type) field {
	if t.Kind() == reflect.Pointer {
		return fieldOf(t.Elem())
	}
	switch t {
	case reflect.TypeFor[Decimal]():
		return field{form: formDecimal, min: -maxAmount * Scale, max: maxAmount * Scale}
	case reflect.TypeFor[Date]():
		return field{form: formDate}
	case reflect.TypeFor[time.Time]():
		return field{form: formTimestamp}
	}
	switch t.Kind() {
	case reflect.String:
		return field{form: formText, max: maxText * Scale}
	case reflect.Bool:
		return field{form: formBoolean}
	case reflect.Int64:
		return field{form: formInteger, min: -maxAmount * Scale, max: maxAmount * Scale}
	case reflect.Struct:
		return field{form: formObject, shape: shapeOf(t)}
	case reflect.Slice:
		elem := fieldOf(t.Elem())
		elem.required = true // an empty element says nothing
		return field{form: formList, max: maxList * Scale, elem: &elem}
	case reflect.Map:
		elem := fieldOf(t.Elem())
		elem.required = true
		return field{form: formMap, max: maxEntries * Scale, elem: &elem}
	default:
		panic(fmt.Sprintf("events: no payload field can be a %v", t))
	}
}

// apply reads a rule tag.
func (f *field) apply(rule string) {
	inner := f // rules on the text of list elements are written on the list
	if f.elem != nil {
		inner = f.elem
	}
	for part := range strings.SplitSeq(rule, ",") {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "":
		case "required":
			f.required = true
		case "private":
			f.private = true
		case "multiline":
			f.multiline, f.max = true, maxNote*Scale
		case "enum":
			inner.enum = strings.Split(value, "|")
		case "format":
			inner.format = formatNamed(value)
		case "default":
			f.fallback = value
		case "with":
			f.with = strings.Split(value, "|")
		case "after":
			f.after = value
		case "min":
			f.min = mustDecimal(value)
		case "max":
			f.max = mustDecimal(value)
		default:
			panic(fmt.Sprintf("events: unknown rule %q of %q", key, f.name))
		}
	}
}

func mustDecimal(s string) Decimal {
	d, err := ParseDecimal(s)
	if err != nil {
		panic("events: rule " + strconv.Quote(s) + ": " + err.Error())
	}
	return d
}
