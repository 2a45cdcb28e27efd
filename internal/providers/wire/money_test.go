package wire_test

import (
	"testing"

	"pgregory.net/rapid"

	"milemarker/events"
	"milemarker/internal/providers/wire"
)

func decimal(tb testing.TB, text string) events.Decimal {
	tb.Helper()
	d, err := events.ParseDecimal(text)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestMoney(t *testing.T) {
	for text, want := range map[string]string{
		"5400.00": "5400", "5,400.00": "5400", "5.400,00": "5400", "5 400": "5400", "$5,400": "5400", "USD 12.00": "12", "12 €": "12",
		"1,234,567.89": "1234567.89", "1.234.567": "1234567", "1.234.567,5": "1234567.5", "12,5": "12.5", "0,99": "0.99", "1,234": "1234", "1.234": "1.234",
		"-3.50": "-3.5", "0.48": "0.48", "1'000.50": "1000.5", "1.00000": "1", "0": "0", "999999999999": "999999999999",
	} {
		if got, ok := wire.Money(text); !ok || got != decimal(t, want) {
			t.Errorf("%q is %s, %v, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"", "-", "--", "free", "three hundred", "1e5", "0.00001", "1,2,3,4.5.6", "1000000000000", "5 or 6", "1-2", "1,2.3,4", "12.00 USD incl. 20 % tax", "9999999999999999999999999999999999999999",
	} {
		if got, ok := wire.Money(text); ok {
			t.Errorf("%q is %s", text, got)
		}
	}
}

// A decimal written in the canonical form is read as itself.
func TestMoneyReadsDecimals(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := events.Decimal(rapid.Int64Range(-wire.MaxAmount*events.Scale, wire.MaxAmount*events.Scale).Draw(t, "units"))
		if got, ok := wire.Money(want.String()); !ok || got != want {
			t.Fatalf("%s became %s, %v", want, got, ok)
		}
	})
}

func TestMinor(t *testing.T) {
	v := read(t, `{"usd":540000,"yen":5400,"dinar":5400,"text":"1999","big":9007199254740993,"most":99999999999900,"over":99999999999999999,"half":12.5,"exp":1e3,"none":null}`)
	for _, c := range []struct {
		name, currency, want string
	}{
		{"usd", "USD", "5400"}, {"yen", "JPY", "5400"}, {"dinar", "KWD", "5.4"}, {"text", "EUR", "19.99"}, {"most", "USD", "999999999999"},
	} {
		if got, ok := wire.Minor(v.Get(c.name), wire.Digits(c.currency)); !ok || got != decimal(t, c.want) {
			t.Errorf("%s is %s, %v, want %s", c.name, got, ok, c.want)
		}
	}
	for _, name := range []string{"over", "big", "half", "exp", "none", "missing"} {
		if got, ok := wire.Minor(v.Get(name), 2); ok {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestRecurring(t *testing.T) {
	for _, c := range []struct {
		amount, unit string
		count        int64
		want, each   string
	}{
		{"450", "month", 1, "450", "month"},
		{"450", "MONTH", 3, "450", "quarter"},
		{"450", "month", 6, "900", "year"},
		{"450", "month", 2, "2700", "year"},
		{"450", "month", 12, "450", "year"},
		{"450", "quarter", 1, "450", "quarter"},
		{"450", "year", 1, "450", "year"},
		{"450", "year", 2, "225", "year"},
		{"10", "year", 3, "3.3333", "year"},
		{"450", "week", 1, "450", "week"},
		{"450", "week", 2, "225", "week"},
		{"10", "week", 3, "3.3333", "week"},
		{"70", "day", 7, "70", "week"},
		{"70", "day", 14, "35", "week"},
		{"1", "day", 1, "365", "year"},
		{"100", "day", 30, "1216.6667", "year"},
	} {
		got, interval, ok := wire.Recurring(decimal(t, c.amount), c.unit, c.count)
		if !ok || got != decimal(t, c.want) || interval != c.each {
			t.Errorf("%s every %d %s is %s each %s, %v, want %s each %s", c.amount, c.count, c.unit, got, interval, ok, c.want, c.each)
		}
	}
	for _, c := range []struct {
		unit  string
		count int64
	}{{"month", 0}, {"month", -1}, {"month", 5000}, {"fortnight", 1}, {"", 1}} {
		if got, interval, ok := wire.Recurring(decimal(t, "1"), c.unit, c.count); ok {
			t.Errorf("%d %s is %s each %s", c.count, c.unit, got, interval)
		}
	}
	if got, _, ok := wire.Recurring(wire.MaxAmount*events.Scale, "day", 1); ok {
		t.Errorf("beyond all bounds: %s", got)
	}
}

func TestCurrencies(t *testing.T) {
	for given, want := range map[string]string{"usd": "USD", " EUR ": "EUR", "XXX": "", "US": "", "": "", `U"D`: "", "€": ""} {
		if got := wire.Currency(given); got != want {
			t.Errorf("%q is %q, want %q", given, got, want)
		}
	}
	if price, ok := wire.Price(decimal(t, "5"), true, "usd"); !ok || price.Currency != "USD" {
		t.Errorf("%+v, %v", price, ok)
	}
	for name, given := range map[string]struct {
		amount   string
		ok       bool
		currency string
	}{"nothing": {"0", true, "USD"}, "less": {"-1", true, "USD"}, "unread": {"1", false, "USD"}, "no currency": {"1", true, ""}} {
		if price, ok := wire.Price(decimal(t, given.amount), given.ok, given.currency); ok {
			t.Errorf("%s: %+v", name, price)
		}
	}
}
