package mapped

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"milemarker/internal/providers"
	"milemarker/internal/providers/wire"
)

// tidy brings what people and programs write into the form of events: numbers with their country code, amounts without
// marks, times with their zone. What cannot be read goes into the note, so that one bad field does not cost the event.
func tidy(in providers.Input, data map[string]any) {
	var notes []string
	if note, ok := data["note"]; ok {
		notes = append(notes, text(note))
		delete(data, "note")
	}
	if person, ok := data["person"].(map[string]any); ok {
		c := wire.Contact{
			Name: text(person["name"]), Company: text(person["company"]), Title: text(person["title"]), Address: text(person["address"]),
			Phone: text(person["phone"]), Email: text(person["email"]), ExternalID: text(person["external_id"]),
		}.Read(in.Region)
		notes = append(notes, c.Note)
		delete(data, "person")
		if c.Person != nil {
			data["person"] = c.Person
		}
	}
	for _, name := range []string{"source", "campaign", "product"} {
		if given, ok := data[name]; ok {
			data[name] = wire.Label(text(given))
		}
	}
	notes = append(notes, money(data)...)
	for _, name := range []string{"starts_at", "ends_at"} {
		given, ok := data[name].(string)
		if n, isNumber := data[name].(json.Number); isNumber {
			given, ok = n.String(), true
		}
		if !ok {
			continue
		}
		if t := wire.Time(given, in.Zone); !t.IsZero() {
			data[name] = t
			continue
		}
		notes = append(notes, name+": "+given)
		delete(data, name)
	}
	if from, to := moment(data["starts_at"]), moment(data["ends_at"]); !to.IsZero() && !to.After(from) {
		delete(data, "ends_at")
	}
	if given, ok := data["seconds"]; ok {
		delete(data, "seconds")
		if n, whole := whole(given); whole && wire.Length(n) > 0 {
			data["seconds"] = n
		}
	}
	if note := wire.Note(notes...); note != "" {
		data["note"] = note
	}
}

// money reads the amounts. Without a currency that is known they are worth a note only.
func money(data map[string]any) (notes []string) {
	given := text(data["currency"])
	currency := wire.Currency(given)
	amounts := 0
	for _, name := range []string{"amount", "recurring_amount"} {
		value, ok := data[name]
		if !ok {
			continue
		}
		delete(data, name)
		amount, readable := wire.Money(text(value))
		switch {
		case readable && amount == 0:
		case readable && amount > 0 && currency != "":
			data[name] = amount
			amounts++
		default:
			notes = append(notes, strings.TrimSpace(name+": "+text(value)+" "+given))
		}
	}
	if _, ok := data["recurring_amount"]; !ok {
		delete(data, "recurring_interval")
	}
	delete(data, "currency")
	if amounts > 0 {
		data["currency"] = currency
	}
	return notes
}

func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case json.Number:
		return v.String()
	case json.RawMessage:
		return strings.Trim(string(v), `"`)
	}
	return ""
}

func whole(v any) (int64, bool) {
	if n, ok := v.(int64); ok {
		return n, true
	}
	n, err := wire.JSON([]byte(text(v)))
	if err != nil {
		return 0, false
	}
	return n.Int()
}

func moment(v any) time.Time {
	t, _ := v.(time.Time)
	return t
}

// spell brings the names of members into one spelling: "Lead Email", "leadEmail" and {"lead": {"email": ...}} are all
// lead_email. What is written twice stands as it was written first in the order of names.
func spell(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = spell(e)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		flatten(out, "", v, 0)
		return out
	}
	return map[string]any{}
}

// maxFlat is how deep members of members are looked at.
const maxFlat = 4

func sortedNames(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

func flatten(out map[string]any, prefix string, in map[string]any, depth int) {
	for _, name := range sortedNames(in) {
		word := snake(name)
		if word == "data" || word == "payload" || word == "body" || word == "attributes" {
			word = "" // wrappers
		}
		full := strings.Trim(prefix+"_"+word, "_")
		switch v := in[name].(type) {
		case map[string]any:
			if depth < maxFlat {
				flatten(out, full, v, depth+1)
			}
		case []any, nil:
		default:
			if _, taken := out[full]; !taken && full != "" {
				out[full] = v
			}
		}
	}
}

// snake writes a name in small letters with _ between its words.
func snake(name string) string {
	var out strings.Builder
	small := false
	for _, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			if s := out.String(); s != "" && !strings.HasSuffix(s, "_") {
				out.WriteByte('_')
			}
			small = false
			continue
		case unicode.IsUpper(r) && small:
			out.WriteByte('_')
		}
		small = unicode.IsLower(r) || unicode.IsDigit(r)
		out.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(out.String(), "_")
}
