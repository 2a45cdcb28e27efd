package routine

import (
	"cmp"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Review is one that was held, or left out on purpose.
type Review struct {
	Event    string
	Owner    events.Owner // whose it was: a rep's, a team's or the org's
	Led      string       // by which rep
	Rhythm   Rhythm
	Day      calendar.Day // the day, or the last day of the span, that was reviewed
	At       time.Time
	Partner  string
	Minutes  int64
	Goals    []string
	Kept     []events.PromiseOutcome
	Promises []events.Promise
	Hassles  []string
	Note     string
	Skipped  bool
	Reason   string // why it was skipped
}

// Promise is one that was made in a review, and what became of it.
type Promise struct {
	ID     string       `json:"promise"`
	Text   string       `json:"text,omitempty"`
	Goal   string       `json:"goal,omitempty"`
	DueOn  string       `json:"due_on,omitempty"`
	MadeOn calendar.Day `json:"made_on"`
	Done   *bool        `json:"done"` // nil while nobody said
}

// Hassle is something that stands in the way.
type Hassle struct {
	ID    string       `json:"hassle"`
	Text  string       `json:"text,omitempty"`
	Goal  string       `json:"goal,omitempty"`
	Since calendar.Day `json:"since"`
}

// Comment is what a partner or somebody of a group said.
type Comment struct {
	Event  string    `json:"event"`
	Rep    string    `json:"rep"` // whose numbers it is about
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Review string    `json:"review,omitempty"`
	Goal   string    `json:"goal,omitempty"`
	Link   string    `json:"link,omitempty"` // id of the link by which it was said
	Text   string    `json:"text,omitempty"`
}

// Priorities are the few things that matter most in a quarter.
type Priorities struct {
	events.PrioritySet
	Event string
}

// Partnership is the agreement by which a rep shows a partner some of what there is.
type Partnership struct {
	Event   string   `json:"id"`
	Rep     string   `json:"rep"`
	Partner string   `json:"partner"`
	Shares  []string `json:"shares"`
	EndsOn  string   `json:"ends_on,omitempty"`
}

// Standing tells whether the agreement is in force on a day.
func (p Partnership) Standing(day calendar.Day) bool {
	return p.EndsOn == "" || day.String() <= p.EndsOn
}

// Book is everything that an org's events say of its routine.
type Book struct {
	Reviews    []Review // in the order of recording
	Comments   []Comment
	Priorities []Priorities
	Partners   []Partnership
	Plans      []DayPlan

	hassles []hassle
	chosen  map[events.Owner]Choice
	teams   map[string]string // by rep
	cal     calendar.Calendar
}

// Choice is which reviews an owner chose to hold.
type Choice struct {
	Rhythms []Rhythm
	Lead    string    // the rep who leads them, of a team or the org
	At      time.Time // when it was chosen
	Event   string
}

// DayPlan is what a rep set out to do on a day.
type DayPlan struct {
	Rep   string
	Day   calendar.Day
	Steps []events.Step
	Done  []string // ids of the steps that were done
}

type hassle struct {
	Hassle
	owner    events.Owner
	resolved bool
}

// Promises returns the promises that an owner made, the newest first, with what became of each: the last word counts.
func (b Book) Promises(o events.Owner) []Promise {
	var out []Promise
	for _, r := range b.Reviews {
		if r.Owner != o {
			continue
		}
		for _, k := range r.Kept {
			for i := range out {
				if out[i].ID == k.Promise {
					done := k.Done
					out[i].Done = &done
				}
			}
		}
		for _, p := range r.Promises {
			out = append(out, Promise{ID: p.Promise, Text: p.Text, Goal: p.Goal, DueOn: string(p.DueOn), MadeOn: r.Day})
		}
	}
	slices.Reverse(out)
	return out
}

// Hassles returns what stands in an owner's way, the oldest first.
func (b Book) Hassles(o events.Owner) []Hassle {
	out := []Hassle{}
	for _, h := range b.hassles {
		if h.owner == o && !h.resolved {
			out = append(out, h.Hassle)
		}
	}
	return out
}

// PrioritiesOn returns what matters most to an owner in the quarter that a day lies in; nil if nothing was set.
func (b Book) PrioritiesOn(o events.Owner, day calendar.Day) []events.Priority {
	for _, p := range slices.Backward(b.Priorities) {
		kind := cmp.Or(p.OwnerKind, events.OwnerOrg)
		if kind == o.OwnerKind && p.Owner.Owner == o.Owner && string(p.StartsOn) <= day.String() && day.String() <= string(p.EndsOn) {
			return p.Priorities
		}
	}
	return nil
}

// PlanOf returns what a rep set out to do on a day: the last plan counts.
func (b Book) PlanOf(rep string, day calendar.Day) (DayPlan, bool) {
	for _, p := range slices.Backward(b.Plans) {
		if p.Rep == rep && p.Day == day {
			return p, true
		}
	}
	return DayPlan{}, false
}

// PartnerOf returns the rep who holds a rep to the goals on a day, "" for nobody: of several the last one.
func (b Book) PartnerOf(rep string, day calendar.Day) string {
	for _, p := range slices.Backward(b.Partners) {
		if p.Rep == rep && p.Standing(day) {
			return p.Partner
		}
	}
	return ""
}

// CommentsOn returns what was said about a rep from a day on, the oldest first.
func (b Book) CommentsOn(rep string, from calendar.Day) []Comment {
	out := []Comment{}
	for _, c := range b.Comments {
		if c.Rep == rep && b.cal.DayOf(c.At) >= from {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(x, y Comment) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Event, y.Event)) })
	return out
}
