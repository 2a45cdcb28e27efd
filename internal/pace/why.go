package pace

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"milemarker/events"
)

// Link is one factor of the chain that makes a result: the volume first, then one conversion after the other, last the
// value of each. The product of all is the result.
type Link struct {
	Name    string  // the metric's
	Title   string  // as it stands in a sentence: "calls", "show rate"
	Volume  bool    // the first: how much was begun
	Counted float64 // what there is: of the volume the number itself, else the numerator
	Of      float64 // out of so many: the denominator; unused for the volume
	Assumed float64 // what the line assumes: a number, a rate, or a value
	Source  string  // where the assumption comes from
	N       float64 // how much own history stands behind the assumption, 0 where it is not measured
	Weight  float64 // how much that counts against what is known of others, from 0 to 1
	Law     Kind    // Counts for the volume; Share, Each or Average for the others

	Dispersion float64 // of the volume
	Variance   float64 // of single amounts, for Average
}

// Cause is one link with its part in the gap.
type Cause struct {
	Link

	Actual float64        // the number, rate or value that there is
	Ratio  float64        // Actual / Assumed
	Part   events.Decimal // of the gap, in the unit of the result: all parts add up to it
	Share  float64        // of the parts with the gap's sign; 0 for those against it
	Luck   bool           // luck alone often enough makes as much: the number lies within its 90 %
	Thin   bool           // nothing has come so far: half a one was taken, so that the rest can be told
}

// Why takes a gap apart along its chain. The result is a product, so the logarithm of actual / expected is the sum of the
// logarithms of its factors' ratios: that is what Shapley's shares come to, whatever the order in which factors are
// changed. Each logarithm is turned into units by the logarithmic mean of actual and expected, so that the parts add up to
// the gap, whatever its size. Volume is held against what the line needs at the rates that it assumes, expected over their
// product.
func Why(actual, expected events.Decimal, chain []Link) []Cause {
	causes := make([]Cause, len(chain))
	needed := expected.Float64()
	for _, l := range chain[1:] {
		needed /= l.Assumed
	}
	var logs []float64
	for i, l := range chain {
		c := Cause{Link: l}
		counted, of := l.Counted, l.Of
		if l.Volume {
			c.Assumed, of = needed, 1
		}
		if counted <= 0 || of <= 0 { // nothing yet: half a one, or as assumed where there is nothing to have it of
			c.Thin = true
			if of <= 0 {
				counted, of = c.Assumed, 1
			} else {
				counted = half(l)
			}
		}
		c.Actual = counted / of
		c.Ratio = c.Actual / c.Assumed
		c.Luck = l.luck(c.Assumed)
		causes[i], logs = c, append(logs, math.Log(c.Ratio))
	}
	gap := actual - expected
	divide(causes, logs, actual, gap)
	same := 0.0
	for _, c := range causes {
		if (c.Part < 0) == (gap < 0) {
			same += c.Part.Float64()
		}
	}
	for i, c := range causes {
		if (c.Part < 0) == (gap < 0) && same != 0 {
			causes[i].Share = c.Part.Float64() / same
		}
	}
	return causes
}

// half is the least that can be told of a link of which nothing has come.
func half(l Link) float64 {
	if l.Law == Average {
		return l.Assumed / 2
	}
	return 0.5
}

// divide gives each cause its part of the gap: its logarithm times the logarithmic mean of actual and expected, which is
// the gap over the sum of all logarithms. Rounding goes to the greatest part.
func divide(causes []Cause, logs []float64, actual, gap events.Decimal) {
	sum, greatest := 0.0, 0
	for i, l := range logs {
		sum += l
		if math.Abs(l) > math.Abs(logs[greatest]) {
			greatest = i
		}
	}
	scale := actual.Float64() // the mean of two that are the same
	if math.Abs(sum) > 1e-9 {
		scale = gap.Float64() / sum
	}
	if scale < 0 { // what had to be taken for nothing is more than was expected: so nothing is the whole gap
		greatest, scale = slices.IndexFunc(causes, func(c Cause) bool { return c.Thin }), 0
	}
	given := events.Decimal(0)
	for i := range causes {
		causes[i].Part = events.Decimal(math.Round(scale * logs[i] * events.Scale))
		given += causes[i].Part
	}
	causes[max(0, greatest)].Part += gap - given
}

// luck tells whether a link lies within what luck makes of its assumption in nine of ten cases.
func (l Link) luck(assumed float64) bool {
	var chances law
	switch l.Law {
	case Counts:
		chances = counted{assumed, max(1, l.Dispersion)}
	case Share:
		if assumed > 1 {
			chances = counted{l.Of * assumed, 1}
			break
		}
		chances = drawn{l.Of, assumed}
	case Each:
		chances = counted{l.Of * assumed, max(1, assumed-1)}
	case Average:
		chances = averaged{l.Of, assumed, l.Variance}
	default:
		return false
	}
	return l.Counted >= chances.quantile(0.05) && l.Counted <= chances.quantile(0.95)
}

// WhySentence says what a gap is made of: "71 % of the shortfall is fewer calls, 24 % the show rate, 5 % the average sale;
// the close rate is better than planned".
func WhySentence(gap events.Decimal, causes []Cause) string {
	if gap == 0 || len(causes) == 0 {
		return "the line is met exactly: there is no gap to take apart"
	}
	whole, word, against := "shortfall", "fewer ", "better"
	if gap > 0 {
		whole, word, against = "lead", "more ", "worse"
	}
	var with, others []Cause
	for _, c := range causes {
		switch {
		case c.Share >= 0.005:
			with = append(with, c)
		case c.Share == 0 && math.Abs(c.Ratio-1) >= 0.01:
			others = append(others, c)
		}
	}
	slices.SortStableFunc(with, func(a, b Cause) int { return cmp.Compare(b.Share, a.Share) })
	var said []string
	for i, c := range with {
		name := "the " + c.Title
		if c.Volume {
			name = word + c.Title
		}
		s := fmt.Sprintf("%.0f %% %s", 100*c.Share, name)
		if i == 0 {
			s = fmt.Sprintf("%.0f %% of the %s is %s", 100*c.Share, whole, name)
		}
		if c.Luck {
			s += " (within luck)"
		}
		said = append(said, s)
	}
	out := strings.Join(said, ", ")
	var names []string
	for _, c := range others {
		names = append(names, "the "+c.Title)
	}
	switch len(names) {
	case 0:
		return out
	case 1:
		if others[0].Volume {
			return out + "; " + names[0] + " are " + against + " than planned"
		}
		return out + "; " + names[0] + " is " + against + " than planned"
	default:
		return out + "; " + strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " are " + against + " than planned"
	}
}
