package api

import (
	"encoding/json"
	"math"

	"milemarker/events"
	"milemarker/internal/metric"
)

// quantity is a number as JSON shows it: money as a string, so that no reader makes a float of it, all else as a number.
func quantity(u metric.Unit, d events.Decimal) any {
	if u == metric.Money {
		return d
	}
	return json.Number(d.String())
}

// rounded keeps four fraction digits of an estimate, as ratios have: more would only look exact.
func rounded(x float64) float64 { return math.Round(x*1e4) / 1e4 }
