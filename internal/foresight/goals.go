package foresight

import (
	"context"
	"math"
	"slices"
	"sync"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/forecast"
	"milemarker/internal/goals"
	"milemarker/internal/pace"
	"milemarker/projections"
)

// The least that a forecast of a goal leans on: else pace's own model is asked.
const (
	leastWeeks  = 2
	leastEvents = 5 // of the kind that is counted, during the weeks
)

// Desk tells by forecasts what is to be expected of goals. It answers for as long as one question is about: what it has
// read it does not read again. It is safe for concurrent use.
type Desk struct {
	reader Reader

	mu       sync.Mutex
	recalled map[recalled]forecast.History
	seen     map[sightOf]seen
}

// sightOf is what sights of worlds are told apart by.
type sightOf struct {
	recalled
	whose forecast.Whose
	stage int
	money bool
}

type seen struct {
	sight forecast.Sight
	leans forecast.Leans
}

// recalled is what histories are told apart by.
type recalled struct {
	org, currency string
	at, known     int64
}

// Desk returns what tells of goals by what the reader reads.
func (r Reader) Desk() *Desk {
	return &Desk{reader: r, recalled: map[recalled]forecast.History{}, seen: map[sightOf]seen{}}
}

// Foresee implements goals.Foresight: for numbers of events at the stages of a journey and for the amounts of sign-ups,
// of goals that end within the weeks of a forecast.
func (d *Desk) Foresee(ctx context.Context, s goals.Sight) (*goals.Foreseen, error) {
	g, ok := d.goal(s)
	if !ok {
		return nil, nil
	}
	one, err := d.see(ctx, s, g)
	leans := one.leans
	if err != nil || leans.Weeks < leastWeeks || leans.Happened < leastEvents || g.Money && leans.Sales < leastEvents {
		return nil, err
	}
	ahead, err := one.sight.Look(g)
	if err != nil {
		return nil, err
	}
	return &goals.Foreseen{Outlook: outlook(ahead, s), LeansOn: Sentence(leans)}, nil
}

// see simulates the worlds that a goal is looked at in, or has simulated them for another one.
func (d *Desk) see(ctx context.Context, s goals.Sight, g forecast.Goal) (seen, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := sightOf{
		recalled: recalled{s.Org, s.Currency, s.At.UnixMicro(), micro(s.Known)},
		whose:    WhoseOf(s.Goal.Owner), stage: g.Stage, money: g.Money,
	}
	if one, ok := d.seen[key]; ok {
		return one, nil
	}
	h, err := d.recall(ctx, key.recalled, s)
	if err != nil {
		return seen{}, err
	}
	q := Ask(s.Org, s.Settings, key.whose, s.At, s.Working.Over(s.Day-7*forecast.Weeks-1, s.Day+forecast.Days))
	in, leans := h.Input(q, g.Stage)
	one := seen{leans: leans}
	if one.sight, err = forecast.See(in, g.Stage, g.Money); err == nil {
		d.seen[key] = one
	}
	return one, err
}

// goal returns a goal as a forecast takes it; ok is false for those that it has nothing to say of.
func (d *Desk) goal(s goals.Sight) (g forecast.Goal, ok bool) {
	name := s.Metric.Name
	if g.Money = name == amountMetric; g.Money {
		name = "signups"
	}
	stage := projections.StageOf(name)
	if stage == "" || projections.StageMetric(stage) != name {
		return g, false
	}
	g.Stage = slices.Index(Stages(), stage)
	g.Have, g.Target = s.Done.Actual.Float64(), s.Course.Target.Float64()
	g.AtMost = s.Course.Direction == pace.AtMost
	g.From, g.To = max(0, int(s.Course.From-s.Day)), int(s.Course.To-s.Day)
	return g, g.To >= 0 && g.To < forecast.Days && s.Course.Result == ""
}

// recall reads a history, or has read it.
func (d *Desk) recall(ctx context.Context, key recalled, s goals.Sight) (forecast.History, error) {
	if h, ok := d.recalled[key]; ok {
		return h, nil
	}
	h, err := d.reader.Recall(ctx, Span{
		Org: s.Org, First: s.At, Last: s.At, Known: s.Known, Settings: s.Settings, Currency: s.Currency,
	})
	if err == nil {
		d.recalled[key] = h
	}
	return h, err
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// outlook turns what is to be expected into what pace would say.
func outlook(a forecast.Ahead, s goals.Sight) pace.Outlook {
	o := pace.Outlook{Reach: a.Reach}
	for i := range a.Finish {
		o.Finish[i] = events.Decimal(math.Round(a.Finish[i] * events.Scale))
		if a.Reached[i] != forecast.NotYet {
			day := s.Day + calendar.Day(a.Reached[i])
			o.Reached[i] = &day
		}
	}
	return o
}
