package routine

import (
	"slices"

	"milemarker/events"
	"milemarker/internal/calendar"
)

// Member is how one of a team stands: what its lead goes through in the team's review.
type Member struct {
	Rep      string    `json:"rep"`
	State    State     `json:"state,omitempty"` // of the member's own review of the same span, "" where none is held
	Goals    []Goal    `json:"goals"`
	Numbers  []Number  `json:"numbers"`
	Promises []Promise `json:"promises"`
	Hassles  []Hassle  `json:"hassles"`
}

// Add adds how a member stands to the agenda of a team or the org: goals and numbers of the span, promises that are open or
// of the last review, and hassles. state is that of the member's own review.
func (a *Agenda) Add(b Book, rep string, state State, goals []Goal, numbers []Number) {
	m := Member{
		Rep: rep, State: state, Goals: append([]Goal{}, goals...), Numbers: append([]Number{}, numbers...),
		Promises: b.Pending(OfRep(rep), Due{Rhythm: a.Rhythm, Span: a.Span}), Hassles: b.Hassles(OfRep(rep)),
	}
	a.Members = append(a.Members, m)
}

// What a partner may be shown.
const (
	ShareGoals    = "goals"
	ShareNumbers  = "numbers"
	SharePromises = "promises"
	ShareReviews  = "reviews"
)

// Shares returns what a partner may be shown.
func Shares() []string { return []string{ShareGoals, ShareNumbers, SharePromises, ShareReviews} }

// SharedWith returns the agenda as a partner sees it with whom some of it is shared: that, what the partner said, what to
// ask, and nothing else. Why a goal matters stays with whom it matters to; that a review was held belongs to the reviews.
func (a Agenda) SharedWith(partner string, shares []string) Agenda {
	out := Agenda{
		Owner: a.Owner, Rep: a.Rep, Due: Due{Rhythm: a.Rhythm, Span: a.Span, Opens: a.Opens, OverdueAt: a.OverdueAt}, For: partner,
		Goals: []Goal{}, Numbers: []Number{}, Promises: []Promise{}, Hassles: []Hassle{}, Priorities: []events.Priority{},
		Comments: []Comment{}, Questions: a.Questions, Zone: a.Zone,
	}
	for _, c := range a.Comments {
		if c.By == partner && c.Link == "" {
			out.Comments = append(out.Comments, c)
		}
	}
	if slices.Contains(shares, ShareGoals) {
		for _, g := range a.Goals {
			g.Meaning = ""
			out.Goals = append(out.Goals, g)
		}
	}
	if slices.Contains(shares, ShareNumbers) {
		out.Numbers = a.Numbers
	}
	if slices.Contains(shares, SharePromises) {
		out.Promises = a.Promises
	}
	if slices.Contains(shares, ShareReviews) {
		out.State, out.Reviews = a.State, a.Reviews
	}
	return out
}

// Agreement returns what a rep shares with a partner on a day; ok is false if there is no agreement in force. The
// last one takes the place of those before.
func (b Book) Agreement(rep, partner string, day calendar.Day) (shares []string, ok bool) {
	for _, p := range slices.Backward(b.Partners) {
		if p.Rep == rep && p.Partner == partner {
			return p.Shares, p.Standing(day)
		}
	}
	return nil, false
}

// togetherQuestions are what a review of a team or the org asks.
func togetherQuestions(r Rhythm) []string {
	switch r {
	case Morning:
		return []string{"Which number does each bring today?", "Who needs whom for it?"}
	case Evening:
		return []string{"What was done of what we set out to do?", "What can the others use of it?"}
	case Weekly:
		return []string{
			"Which goals of the team are on track, which are not, and what is the one cause?",
			"What did each promise, and was it done?", "Which hassles can be taken out of whose way?",
			"What does each promise until next week?",
		}
	case Monthly:
		return []string{
			"What went well that the others can use?", "Which number fell short, and what will change it?",
			"Who helps whom, and with what?", "What does the team promise?",
		}
	default:
		return Questions(r)
	}
}
