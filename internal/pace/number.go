package pace

import (
	"strings"

	"milemarker/events"
)

// Say writes a number of the goal as its sentence does: a count whole, a share in percent, all else with at most two
// decimals; of a count or an amount with what is counted.
func (g Goal) Say(d events.Decimal) string {
	if g.Kind.Ratio() {
		return g.ratioNumber(d)
	}
	return strings.TrimSpace(g.amount(d))
}
