package routine

import (
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Agenda is what a review goes through, in its order: goals first, then the numbers, what was promised, what stands in
// the way, what matters most, and what to ask.
type Agenda struct {
	Owner string `json:"owner"`          // org, team/x or rep/y
	Rep   string `json:"rep,omitempty"`  // of a rep's
	Team  string `json:"team,omitempty"` // of a team's
	Lead  string `json:"lead,omitempty"` // who leads a team's or the org's
	Due
	Partner    string            `json:"partner,omitempty"`
	For        string            `json:"for,omitempty"` // the partner who sees it: then it has what is shared with them, and no more
	Goals      []Goal            `json:"goals"`
	Numbers    []Number          `json:"numbers"`
	Promises   []Promise         `json:"promises"` // of the last review, and older ones of which nobody said what became
	Hassles    []Hassle          `json:"hassles"`
	Members    []Member          `json:"members,omitempty"` // of a team or the org
	Priorities []events.Priority `json:"priorities"`
	Reviews    []Line            `json:"reviews,omitempty"` // the last ones of its rhythm
	Steps      []Step            `json:"steps,omitempty"`   // of the day's plan
	Comments   []Comment         `json:"comments"`          // since the last review
	Questions  []string          `json:"questions"`
	Zone       string            `json:"zone"`
}

// Goal is how a goal stands.
type Goal struct {
	ID       string `json:"goal"`
	Title    string `json:"title"`
	Status   string `json:"status"`
	Sentence string `json:"sentence"`
	Meaning  string `json:"meaning,omitempty"` // the person's own why
}

// Number is one number of the span, beside that of the span before.
type Number struct {
	Title  string `json:"title"`
	Value  string `json:"value"`
	Before string `json:"before"`
	Unit   string `json:"unit,omitempty"` // a currency, or what the numbers count
}

// Step is a step of the day's plan.
type Step struct {
	Step string `json:"step"`
	Says string `json:"says"`
	Done bool   `json:"done"`
}

// Line is one review in a list of them.
type Line struct {
	Title string `json:"title"`
	State State  `json:"state"`
	Event string `json:"event,omitempty"` // by which it was held or skipped
}

// Fill makes the agenda of an owner's review from the book, goals and numbers.
func Fill(b Book, o events.Owner, due Due, goals []Goal, numbers []Number) Agenda {
	a := Agenda{
		Due: due, Goals: goals, Numbers: numbers, Hassles: b.Hassles(o), Questions: Questions(due.Rhythm),
		Priorities: b.PrioritiesOn(o, due.To), Zone: b.cal.Settings().Zone, Owner: events.OwnerOrg,
		Promises: b.Pending(o, due),
	}
	switch o.OwnerKind {
	case events.OwnerRep:
		a.Owner, a.Rep, a.Partner = o.OwnerKind+"/"+o.Owner, o.Owner, b.PartnerOf(o.Owner, due.To)
		a.Comments = b.CommentsOn(o.Owner, b.toldSince(o, due))
		if plan, ok := b.PlanOf(o.Owner, due.To); ok && due.Rhythm.Grain() == calendar.Daily {
			for _, s := range plan.Steps {
				a.Steps = append(a.Steps, Step{Step: s.Step, Says: says(s), Done: slices.Contains(plan.Done, s.Step)})
			}
		}
	case events.OwnerTeam:
		a.Owner, a.Team = o.OwnerKind+"/"+o.Owner, o.Owner
		fallthrough
	default:
		a.Lead, a.Questions, a.Comments = b.Lead(o), togetherQuestions(due.Rhythm), []Comment{}
	}
	if a.Goals == nil {
		a.Goals = []Goal{}
	}
	if a.Numbers == nil {
		a.Numbers = []Number{}
	}
	if a.Priorities == nil {
		a.Priorities = []events.Priority{}
	}
	return a
}

// Pending returns the promises that a review looks at: those of the last one, older ones of which nobody said what became,
// and, until it is held, those made within its span.
func (b Book) Pending(o events.Owner, due Due) []Promise {
	last, out := b.lastBefore(o, due), []Promise{}
	for _, p := range b.Promises(o) {
		fromLast := last != nil && p.MadeOn == last.Day && slices.ContainsFunc(last.Promises, func(x events.Promise) bool { return x.Promise == p.ID })
		if p.MadeOn < due.From && (p.Done == nil || fromLast) || p.MadeOn >= due.From && p.MadeOn <= due.To && due.Review == nil {
			out = append(out, p)
		}
	}
	return out
}

// toldSince returns the day from which on comments are new to a review.
func (b Book) toldSince(o events.Owner, due Due) calendar.Day {
	if last := b.lastBefore(o, due); last != nil {
		return b.cal.DayOf(last.At)
	}
	return due.From
}

// lastBefore returns the last review of the same rhythm that was held of an earlier span.
func (b Book) lastBefore(o events.Owner, due Due) *Review {
	var last *Review
	for i, r := range b.Reviews {
		if r.Owner == o && r.Rhythm == due.Rhythm && !r.Skipped && r.Day < due.From && (last == nil || r.Day >= last.Day) {
			last = &b.Reviews[i]
		}
	}
	return last
}

func says(s events.Step) string {
	text := s.Text
	if text == "" {
		text = s.Count.String() + " " + s.Metric
	}
	if s.Before != "" {
		text += " before " + s.Before
	}
	return text
}

// Questions returns what a review of each rhythm asks.
func Questions(r Rhythm) []string {
	switch r {
	case Morning:
		return []string{"Which goals do I read first?", "Which three steps bring them nearer today?", "When do I do them?"}
	case Evening:
		return []string{"What did I do of what I set out to do?", "What did I learn?", "What is the first thing tomorrow?"}
	case Weekly:
		return []string{
			"Which goals are on track, which are not, and what is the one cause?", "What did I promise, and did I do it?",
			"What stands in the way, and who can help?", "What do I promise until next week?",
		}
	case Monthly:
		return []string{
			"What went well that the others can use?", "Which number fell short, and what will change it?",
			"What does each of us promise the group?",
		}
	case Quarterly:
		return []string{
			"Which priorities were reached?", "Which at most three matter most in the next quarter?",
			"What will I stop doing?", "Does every goal still serve the one above it?",
		}
	default:
		return []string{
			"What was reached, and what is it worth to me?", "What do I want in a year from now, and why?",
			"Which goals follow from it, by when, and how are they measured?",
		}
	}
}

// Name is what a review of the rhythm is called.
func (r Rhythm) Name() string {
	return map[Rhythm]string{
		Morning: "Morning", Evening: "Evening", Weekly: "Weekly review", Monthly: "Monthly review",
		Quarterly: "Quarterly review", Yearly: "Yearly review",
	}[r]
}

// Title names a review for people, such as "Weekly review, 9 to 15 March 2026".
func (d Due) Title() string { return d.Rhythm.Name() + ", " + d.Words() }

// Words returns the days of a span for people.
func (s Span) Words() string {
	from, to := s.From.Time(), s.To.Time()
	switch {
	case s.From == s.To:
		return from.Format("Monday, 2 January 2006")
	case from.Year() != to.Year():
		return from.Format("2 January 2006") + " to " + to.Format("2 January 2006")
	case from.Month() != to.Month():
		return from.Format("2 January") + " to " + to.Format("2 January 2006")
	}
	return from.Format("2") + " to " + to.Format("2 January 2006")
}

// local shows an instant in the agenda's zone.
func (a Agenda) local(t time.Time) string {
	if loc, err := time.LoadLocation(a.Zone); err == nil {
		t = t.In(loc)
	}
	return t.Format("2 January 2006 15:04")
}
