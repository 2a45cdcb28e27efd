package events

import (
	"fmt"
	"strconv"
)

// Fact is what the payloads of all types have in common, under the same meaning: one fold reads them all. What a type
// does not have is zero.
type Fact struct {
	Kind     Kind
	Outcome  string // of a call its outcome, of a sign-up the role, of time its category
	Source   string // lead source
	Campaign string
	Product  string

	Amount            Decimal // in Currency
	Currency          string  // ISO 4217
	Recurring         Decimal // in Currency, each RecurringInterval
	RecurringInterval string  // week, month, quarter or year

	Seconds       int64 // length: as given, or 60 for each minute given
	UpsellOffered bool
	UpsellTaken   bool
}

// Facts reads the shared fields of a recorded event in one pass. It returns ErrUnknownType, or ErrMalformed if the payload
// is not an object or one of the fields is of the wrong form.
func Facts(e Event) (Fact, error) {
	def := known().byType[e.Type]
	if def == nil {
		return Fact{}, fmt.Errorf("%w: %q", ErrUnknownType, e.Type)
	}
	r := factReader{fact: Fact{Kind: def.kind}}
	start := skipSpace(e.Data, 0)
	if start == len(e.Data) || e.Data[start] != '{' {
		return Fact{}, fmt.Errorf("%w: payload of %s is not an object", ErrMalformed, e.Type)
	}
	if _, err := eachMember(e.Data, start, maxDepth, r.read); err != nil {
		return Fact{}, fmt.Errorf("%w: payload of %s: %w", ErrMalformed, e.Type, err)
	}
	if r.wrong != "" {
		return Fact{}, fmt.Errorf("%w: payload of %s: field %s", ErrMalformed, e.Type, r.wrong)
	}
	return r.fact, nil
}

// factReader takes the members of a payload one by one.
type factReader struct {
	fact  Fact
	wrong string // the first field of the wrong form
}

func (r *factReader) read(key, value []byte) {
	f := &r.fact
	ok := true
	switch string(key) {
	case "source":
		f.Source, ok = factText(value)
	case "campaign":
		f.Campaign, ok = factText(value)
	case "product":
		f.Product, ok = factText(value)
	case "outcome":
		f.Outcome, ok = factText(value)
	case "role":
		if f.Kind == KindSignup {
			f.Outcome, ok = factText(value)
		}
	case "category":
		if f.Kind == KindTime {
			f.Outcome, ok = factText(value)
		}
	case "amount":
		f.Amount, ok = factDecimal(value)
	case "currency":
		f.Currency, ok = factText(value)
	case "recurring_amount":
		f.Recurring, ok = factDecimal(value)
	case "recurring_interval":
		f.RecurringInterval, ok = factText(value)
	case "seconds":
		f.Seconds, ok = factInteger(value)
	case "minutes":
		var minutes int64
		minutes, ok = factInteger(value)
		f.Seconds = 60 * minutes
	case "upsell_offered":
		f.UpsellOffered = string(value) == "true"
	case "upsell_taken":
		f.UpsellTaken = string(value) == "true"
	}
	if !ok && r.wrong == "" {
		r.wrong = string(key)
	}
}

func factText(value []byte) (string, bool) {
	if value[0] != '"' {
		return "", false
	}
	return unquote(value), true
}

func factDecimal(value []byte) (Decimal, bool) {
	d, err := decimalFromJSON(value)
	return d, err == nil
}

func factInteger(value []byte) (int64, bool) {
	n, err := strconv.ParseInt(string(value), 10, 64)
	return n, err == nil
}
