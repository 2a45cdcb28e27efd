package forecast

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"milemarker/internal/calendar"
	"milemarker/internal/rates"
)

// career is a rep's life in days: who was met when, and came to what. Today is day `present`.
type career struct {
	people [][4]int // days of lead, appointment, sign-up and loss; -1 for never
	price  float64
}

const (
	present = 364
	horizon = present + 7*Weeks
)

func newCareer(r *rand.Rand) career {
	c := career{price: 50 + 200*r.Float64()}
	perDay := 0.5 + 2*r.Float64()
	meets, signs, says := 0.2+0.4*r.Float64(), 0.1+0.4*r.Float64(), r.Float64()
	for day := range horizon {
		for range rates.Poisson(r, perDay) {
			p := [4]int{day, -1, -1, -1}
			if r.Float64() < meets {
				p[1] = day + int(10*r.ExpFloat64())
			}
			switch at := max(p[0], p[1]); {
			case p[1] >= 0 && r.Float64() < signs:
				p[2] = at + int(25*r.ExpFloat64())
			case r.Float64() < says: // the others are never heard of again
				p[3] = at + int(15*r.ExpFloat64())
			}
			c.people = append(c.people, p)
		}
	}
	return c
}

func morning(day int) time.Time { return time.Date(2024, 1, 1+day, 0, 0, 0, 0, time.UTC) }

// history is all that happens in a career, what is to come with it.
func (c career) history() History {
	h := History{Stages: []string{"lead", "appointment", "signup"}}
	for i, p := range c.people {
		for stage, day := range p {
			switch {
			case day < 0:
			case stage == 3:
				h.Steps = append(h.Steps, Step{Person: uint64(i), Stage: Lost, At: morning(day).Add(15 * time.Hour), Rep: "kim"})
			default:
				at := morning(day).Add(time.Duration(10+stage) * time.Hour)
				h.Steps = append(h.Steps, Step{Person: uint64(i), Stage: stage, At: at, Rep: "kim"})
				h.Counts = append(h.Counts, Count{Day: calendar.DayOf(at), Stage: stage, Rep: "kim", N: 1})
				if stage == 2 {
					h.Contracts = append(h.Contracts, Contract{At: at, Rep: "kim", Sale: Sale{Once: c.price * float64(1+i%3)}})
				}
			}
		}
	}
	slices.SortStableFunc(h.Contracts, func(a, b Contract) int { return a.At.Compare(b.At) })
	return h
}

// asOf asks at the end of the day before.
func asOf(day int, whose Whose) Question {
	return Question{
		Whose: whose, Now: morning(day), Today: calendar.DayOf(morning(day - 1)), Over: true, Seed: 3,
		Hours: func(calendar.Day) time.Duration { return 8 * time.Hour },
	}
}

// after counts who reached a stage in the thirteen weeks.
func (c career) after(stage int) (n float64) {
	for _, p := range c.people {
		if p[stage] >= present && p[stage] < horizon {
			n++
		}
	}
	return n
}

// TestIntervalsHoldWhatTheySay lives through many careers: people are met, agree to appointments and sign, say no or are
// never heard of again, for a year; then thirteen weeks are forecast from what was seen of it, and lived through.
func TestIntervalsHoldWhatTheySay(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const careers = 100
	held, below := map[string]float64{}, map[string]float64{}
	for range careers {
		c := newCareer(r)
		in, _ := c.history().Input(asOf(present, Whose{Rep: "kim"}), All)
		in.Worlds, in.Seed = 200, r.Uint64()
		f, err := Make(in)
		if err != nil {
			t.Fatal(err)
		}
		for i, stage := range f.Stages {
			truth := c.after(i)
			if stage.Total.P10 <= truth && truth <= stage.Total.P90 {
				held[stage.Name] += 1.0 / careers
			}
			if truth < stage.Total.P50 {
				below[stage.Name] += 1.0 / careers
			}
		}
	}
	t.Logf("80 %% intervals held %.2v; below the middle %.2v", held, below)
	for name, share := range held {
		// Whole numbers at both ends make an interval hold somewhat more, and so does that rates might drift, which in
		// these lives they do not.
		if share < 0.70 || share > 0.97 {
			t.Errorf("%s: 80 %% intervals held in %.0f %%", name, 100*share)
		}
		if below[name] < 0.32 || below[name] > 0.65 {
			t.Errorf("%s: below the middle in %.0f %%", name, 100*below[name])
		}
	}
}
