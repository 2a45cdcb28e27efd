package goals

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/routine"
	"milemarker/internal/timeblocks"
)

// repeats is how many of the next four weeks must have a block for it to be a habit.
const repeats = 3

// systematized looks for what is done again and again: the weekly plan that was adopted and still runs, or time that is set
// aside week by week.
func (c *check) systematized(_ context.Context) (Point, error) {
	p := Point{Name: "systematized", Met: Yes}
	for _, plan := range c.plans {
		named := plan.Adopted != nil && (plan.Adopted.Goal == c.st.Goal.ID ||
			plan.Adopted.Goal != "" && Above(c.goals, c.st.Goal.ID, plan.Adopted.Goal, c.st.Day))
		switch {
		case !named:
		case plan.By < c.st.Day:
			p.Finds = fmt.Sprintf("The plan behind it, %q, has ended.", cmp.Or(plan.Title, plan.Plan))
		default:
			p.Finds = "An adopted plan stands behind it"
			for i, a := range plan.Adopted.Activities {
				p.Finds += fmt.Sprintf("%s %s %s a %s", []string{":", ","}[min(i, 1)], a.Count, strings.ReplaceAll(a.Metric, "_", " "), a.Per)
			}
			p.Finds += "."
			return p, nil
		}
	}
	weeks, hours := c.habit()
	p.Finds = strings.TrimSpace(p.Finds + " ")
	switch {
	case weeks >= repeats:
		p.Met, p.Finds = Partly, strings.TrimSpace(fmt.Sprintf("%s %.3g hours a week are set aside, but no adopted plan says what they have to bring.", p.Finds, hours))
		p.Advice = "Adopt a plan, so that each week knows what it has to bring."
	case weeks > 0:
		p.Met, p.Finds = Partly, strings.TrimSpace(p.Finds+" Time is set aside, but not week by week, and no adopted plan names it.")
		p.Advice = "Let the block repeat each week, and adopt a plan."
	default:
		p.Met, p.Finds = No, strings.TrimSpace(p.Finds+" No plan and no time set aside stand behind it.")
		p.Advice = "Block the same hours each week for what leads to it, or adopt a plan."
	}
	return p, nil
}

// habit returns in how many of the next four weeks the owner has set time aside for what brings income or leads, and how
// many hours a week that is.
func (c *check) habit() (weeks int, hours float64) {
	from := c.st.Day
	for week := range calendar.Day(4) {
		sum := c.setAside(from+7*week, from+7*week+7)
		if sum > 0 {
			weeks++
		}
		hours += sum / 4
	}
	return weeks, hours
}

// setAside returns the hours that the owner, or its members, set aside for what brings income or leads, within some days.
func (c *check) setAside(from, to calendar.Day) (hours float64) {
	cal := c.settings.Calendar()
	reps := c.reps()
	own := slices.DeleteFunc(slices.Clone(c.blocks), func(b timeblocks.Block) bool {
		return !slices.Contains(reps, b.Rep) || b.Category == events.Support || b.Category == events.Admin
	})
	for _, o := range timeblocks.Occurrences(own, cal, from.In(cal.Location()), to.In(cal.Location())) {
		hours += o.Length().Hours()
	}
	return hours
}

// reps returns whose work a goal is: its owner, or the members of the team or org.
func (c *check) reps() []string {
	if c.st.Goal.Owner.OwnerKind == events.OwnerRep {
		return []string{c.st.Goal.Owner.Owner}
	}
	return c.book.Members(c.st.Goal.Owner)
}

// meaningful looks whether the owner said why, and whether there is a review that shows it. What was said stays sealed.
func (c *check) meaningful(ctx context.Context) (Point, error) {
	p := Point{
		Name: "meaningful", Met: No, Finds: "Nobody wrote down what it is for.",
		Advice: "Say why it matters to you, in your own words, with why: it is sealed, and shown at each review.",
	}
	for _, r := range c.said {
		said := r.Event.Sealed != ""
		if said && c.beside.Why != nil {
			var err error
			if said, err = c.beside.Why(ctx, r.Event); err != nil {
				return p, err
			}
		}
		if !said {
			continue
		}
		p.Met, p.Finds, p.Advice = Yes, "Its owner wrote down what it is for; it is shown at each review.", ""
	}
	if held, _ := c.book.Holds(c.st.Goal.Owner); p.Met == Yes && len(held) == 0 {
		p.Met, p.Finds = Partly, "Its owner wrote down what it is for, but holds no review that would show it."
		p.Advice = "Choose which reviews to hold, with PUT /v1/routines; a weekly one is a good beginning."
	}
	return p, nil
}

func (c *check) responsible(_ context.Context) (Point, error) {
	o := c.st.Goal.Owner
	partner := c.st.Terms.Partner
	if partner == "" && o.OwnerKind == events.OwnerRep {
		partner = c.book.PartnerOf(o.Owner, c.st.Day)
	}
	if lead := c.book.Lead(o); partner == "" && o.OwnerKind == events.OwnerTeam {
		partner = lead
	}
	p := Point{Name: "responsible", Met: Yes, Finds: fmt.Sprintf("%s owns it, and %s holds them to it.", routine.OwnerWords(o), partner)}
	switch {
	case o.OwnerKind == events.OwnerOrg:
		p.Met, p.Finds = Partly, "It is the org's: everybody's, and so easily nobody's."
		p.Advice = "Give it, or parts of it, to people and teams."
	case partner == "":
		p.Met, p.Finds = Partly, fmt.Sprintf("%s owns it; nobody is named to hold them to it.", routine.OwnerWords(o))
		p.Advice = "Name a partner."
	}
	return p, nil
}

// How long what a goal counts may stay away: for so long nothing is known of it, and for so long it has gone quiet.
const (
	arrivesWithin = calendar.Day(30)
	quietAfter    = 10 // working days
)

// byHand is the source of what somebody told by hand.
const byHand = "/milemarker/api"

// trackable looks whether what it counts really arrives, and from whom.
func (c *check) trackable(ctx context.Context) (Point, error) {
	n, first := 0.0, c.st.Day-arrivesWithin+1
	last := first - 1
	for _, d := range c.st.Done.Days {
		if d.On >= first && d.On <= c.st.Day {
			if here := max(d.Happened, d.Of.Float64()); here > 0 {
				n, last = n+here, max(last, d.On)
			}
		}
	}
	if n == 0 {
		return Point{
			Name: "trackable", Met: No, Finds: fmt.Sprintf("Nothing of what it counts has arrived within %d days.", arrivesWithin),
			Advice: "See that something records it: a connection, an import, or the owner.",
		}, nil
	}
	p := Point{Name: "trackable", Met: Yes, Finds: fmt.Sprintf("What it counts arrives: %.0f within %d days, last on %s", n, arrivesWithin, last)}
	var sources []string
	if c.beside.Sources != nil {
		var err error
		behind := c.st.Behind
		behind.From, behind.To = first, c.st.Day+1
		if sources, err = c.beside.Sources(ctx, behind); err != nil {
			return p, err
		}
	}
	if len(sources) > 0 {
		p.Finds += ", from " + strings.Join(sources[:min(len(sources), 3)], ", ")
	}
	p.Finds += "."
	switch {
	case c.st.Working.Days(last+1, c.st.Day) > quietAfter:
		p.Met, p.Advice = Partly, fmt.Sprintf("It has been quiet for more than %d working days: see whether its source still delivers.", quietAfter)
	case len(sources) > 0 && !slices.ContainsFunc(sources, func(s string) bool { return s != byHand }):
		p.Met, p.Advice = Partly, "All of it was told by hand: connect what records it, so that none is forgotten."
	}
	return p, nil
}
