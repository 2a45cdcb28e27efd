package wire

import (
	"math/big"
	"strings"

	"milemarker/events"
)

// MaxAmount is the greatest amount that an event may have, in whole units of its currency.
const MaxAmount = 999_999_999_999

// Currency returns an ISO 4217 code in capitals, "" for what is none.
func Currency(code string) string {
	code = strings.ToUpper(strings.TrimSpace(code))
	if len(code) != 3 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	draft := events.Draft{ID: "x", Source: "/x", Type: events.TypeLeadCaptured, Data: []byte(`{"currency":"` + code + `"}`)}
	if _, violations := draft.Check(); violations != nil {
		return ""
	}
	return code
}

// Digits returns how many fraction digits a currency has, by ISO 4217.
func Digits(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

// Minor reads an amount in the currency's smallest unit, of which 10^digits make one: 540000 with 2 digits is 5400. It
// returns false for what is no whole number or more than MaxAmount.
func Minor(v Value, digits int) (events.Decimal, bool) {
	n, ok := v.Int()
	if !ok || strings.ContainsAny(v.Text(), ".eE") {
		return 0, false
	}
	return decimal(new(big.Rat).SetFrac(big.NewInt(n), power(digits)), false)
}

// Money reads an amount as people and programs write it: "5400.00", "5,400.00", "5.400,00", "5 400", "$5,400". Where a
// point or a comma may be either, three digits after a comma are thousands and after a point a fraction. It returns false
// for what is no amount, has more than 4 fraction digits or is more than MaxAmount.
func Money(text string) (events.Decimal, bool) {
	text = strings.TrimSpace(text)
	if len(text) > 40 {
		return 0, false
	}
	number := strings.TrimFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '-' && r != '.' })
	outside := strings.Replace(text, number, "", 1)
	if strings.ContainsAny(outside, "0123456789.,") || len(outside) > 8 {
		return 0, false
	}
	number = strings.NewReplacer(" ", "", "\u00a0", "", "\u202f", "", "'", "", "’", "", "_", "").Replace(number)
	point, comma := strings.LastIndexByte(number, '.'), strings.LastIndexByte(number, ',')
	switch {
	case comma >= 0 && comma > point && (point >= 0 || len(number)-comma != 4): // a decimal comma
		if strings.Count(number, ",") > 1 {
			return 0, false
		}
		number = strings.Replace(strings.ReplaceAll(number, ".", ""), ",", ".", 1)
	case strings.Count(number, ".") > 1: // 1.234.567
		if comma >= 0 {
			return 0, false
		}
		number = strings.ReplaceAll(number, ".", "")
	default:
		number = strings.ReplaceAll(number, ",", "")
	}
	if number == "" || strings.Trim(number, "0123456789.-") != "" || strings.LastIndexByte(number, '-') > 0 {
		return 0, false
	}
	r, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, false
	}
	return decimal(r, false)
}

// Recurring brings an amount that comes every count units (day, week, month, quarter or year) into the intervals that an
// event knows. It is exact wherever one of them fits, as 6 months do twice in a year; else, as for 2 weeks, it is rounded
// to 1/10,000. It returns false for a unit that is not known and for what is more than MaxAmount.
func Recurring(amount events.Decimal, unit string, count int64) (each events.Decimal, interval string, ok bool) {
	if count < 1 || count > 1000 {
		return 0, "", false
	}
	share := func(times, of int64, interval string) (events.Decimal, string, bool) {
		r := big.NewRat(int64(amount), events.Scale)
		each, ok := decimal(r.Mul(r, big.NewRat(times, of)), true)
		return each, interval, ok
	}
	switch strings.ToLower(unit) {
	case "day":
		if count%7 == 0 {
			return share(1, count/7, "week")
		}
		return share(365, count, "year")
	case "week":
		return share(1, count, "week")
	case "quarter":
		count *= 3
	case "year":
		count *= 12
	case "month":
	default:
		return 0, "", false
	}
	switch count {
	case 1:
		return amount, "month", true
	case 3:
		return amount, "quarter", true
	default:
		return share(12, count, "year")
	}
}

// decimal turns r into a Decimal; round allows for digits beyond the fourth.
func decimal(r *big.Rat, round bool) (events.Decimal, bool) {
	units := new(big.Rat).Mul(r, big.NewRat(events.Scale, 1))
	if !units.IsInt() {
		if !round {
			return 0, false
		}
		text := units.FloatString(0) // exact, half away from zero
		if _, ok := units.SetString(text); !ok {
			return 0, false
		}
	}
	if most := big.NewInt(MaxAmount * events.Scale); units.Num().CmpAbs(most) > 0 {
		return 0, false
	}
	return events.Decimal(units.Num().Int64()), true
}

func power(digits int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
}

// Price returns the amount as an event holds it, nothing of it if it is not above 0 or its currency is not known.
func Price(amount events.Decimal, ok bool, currency string) (events.Price, bool) {
	currency = Currency(currency)
	if !ok || amount <= 0 || currency == "" {
		return events.Price{}, false
	}
	return events.Price{Amount: amount, Currency: currency}, true
}
