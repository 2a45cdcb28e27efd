package api

import (
	"strings"

	"milemarker/events"
	"milemarker/internal/providers/wire"
)

// amount is a value as people read it: an amount of money with at least the fraction digits that its currency has (ISO
// 4217), all else as it is. JSON shows amounts as the ledger has them.
func amount(v any, currency string) cell {
	d, ok := v.(events.Decimal)
	if !ok || currency == "" {
		return value(v)
	}
	whole, fraction, _ := strings.Cut(d.String(), ".")
	if missing := wire.Digits(currency) - len(fraction); missing > 0 {
		fraction += strings.Repeat("0", missing)
	}
	if fraction == "" {
		return cell(whole)
	}
	return cell(whole + "." + fraction)
}
