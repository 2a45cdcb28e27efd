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
	Rep string `json:"rep"`
	Due
	Partner    string            `json:"partner,omitempty"`
	Goals      []Goal            `json:"goals"`
	Numbers    []Number          `json:"numbers"`
	Promises   []Promise         `json:"promises"` // of the last review, and older ones of which nobody said what became
	Hassles    []Hassle          `json:"hassles"`
	Priorities []events.Priority `json:"priorities"`
	Steps      []Step            `json:"steps,omitempty"` // of the day's plan
	Comments   []Comment         `json:"comments"`        // since the last review
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

// Fill makes the agenda of a review from the book, goals and numbers.
func Fill(b Book, rep string, due Due, goals []Goal, numbers []Number) Agenda {
	a := Agenda{
		Rep: rep, Due: due, Goals: goals, Numbers: numbers, Hassles: b.Hassles(rep), Questions: questions(due.Rhythm),
		Priorities: b.PrioritiesOn(rep, due.To), Partner: b.PartnerOf(rep, due.To), Zone: b.cal.Settings().Zone,
	}
	last := b.lastBefore(rep, due)
	a.Promises = []Promise{}
	for _, p := range b.Promises(rep) {
		fromLast := last != nil && p.MadeOn == last.Day && slices.ContainsFunc(last.Promises, func(x events.Promise) bool { return x.Promise == p.ID })
		if p.MadeOn < due.From && (p.Done == nil || fromLast) || p.MadeOn >= due.From && p.MadeOn <= due.To && due.Review == nil {
			a.Promises = append(a.Promises, p)
		}
	}
	since := due.From
	if last != nil {
		since = b.cal.DayOf(last.At)
	}
	a.Comments = b.CommentsOn(rep, since)
	if plan, ok := b.PlanOf(rep, due.To); ok && due.Rhythm.Grain() == calendar.Daily {
		for _, s := range plan.Steps {
			a.Steps = append(a.Steps, Step{Step: s.Step, Says: says(s), Done: slices.Contains(plan.Done, s.Step)})
		}
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

// lastBefore returns the last review of the same rhythm that was held of an earlier span.
func (b Book) lastBefore(rep string, due Due) *Review {
	var last *Review
	for i, r := range b.Reviews {
		if r.Rep == rep && r.Rhythm == due.Rhythm && !r.Skipped && r.Day < due.From && (last == nil || r.Day >= last.Day) {
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

// questions are what a review of each rhythm asks.
func questions(r Rhythm) []string {
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

// Title names a review for people, such as "Weekly review, 9 to 15 March 2026".
func (d Due) Title() string {
	name := map[Rhythm]string{
		Morning: "Morning", Evening: "Evening", Weekly: "Weekly review", Monthly: "Monthly review",
		Quarterly: "Quarterly review", Yearly: "Yearly review",
	}[d.Rhythm]
	return name + ", " + d.Words()
}

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
