package api

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/goals"
	"milemarker/internal/metric"
	"milemarker/internal/timeblocks"
	"milemarker/internal/today"
	"milemarker/projections"
)

// todayView is a rep's plan for a day and how far it has come.
type todayView struct {
	Position     events.Position   `json:"position"`
	Rep          string            `json:"rep"`
	Day          calendar.Day      `json:"day"`
	Working      bool              `json:"working"` // whether the rep has working hours on the day
	SetAt        *time.Time        `json:"set_at"`  // null if nothing was planned
	Done         int               `json:"done"`    // steps
	Steps        []stepView        `json:"steps"`
	LeftOut      []omittedView     `json:"left_out"`
	Appointments []appointmentView `json:"appointments"`
	Sentence     string            `json:"sentence"`
}

// omittedView is something that the day was asked for and has no room for.
type omittedView struct {
	Kind   string  `json:"kind"`
	Metric string  `json:"metric,omitempty"`
	Goal   string  `json:"goal,omitempty"`
	Count  float64 `json:"count"`
	Reason string  `json:"reason"`
	Text   string  `json:"text"`
}

type stepView struct {
	Step   string     `json:"step"`
	Kind   string     `json:"kind"`
	Text   string     `json:"text"`
	Why    string     `json:"why,omitempty"`
	Metric string     `json:"metric,omitempty"`
	From   string     `json:"from,omitempty"`
	Before string     `json:"before,omitempty"`
	Goal   string     `json:"goal,omitempty"`
	Pace   string     `json:"pace,omitempty"`      // where the goal's pace is
	Block  string     `json:"timeblock,omitempty"` // that is set aside for it
	Length int64      `json:"minutes,omitempty"`   // that it is reckoned to take
	Count  float64    `json:"count"`
	Done   float64    `json:"done"`
	Ticked bool       `json:"ticked"`
	By     string     `json:"by,omitempty"` // events or hand
	Items  []itemView `json:"items,omitempty"`
	Events string     `json:"events,omitempty"` // where the events behind done are
}

type itemView struct {
	Prospect    string `json:"prospect,omitempty"`
	Appointment string `json:"appointment,omitempty"`
	At          string `json:"at,omitempty"`
	Event       string `json:"event"`            // address of the event that calls for the step
	Events      string `json:"events,omitempty"` // where everything about the person is
	Ticked      bool   `json:"ticked"`
}

type appointmentView struct {
	Appointment string    `json:"appointment"`
	Begins      time.Time `json:"begins"`
	Ends        time.Time `json:"ends"`
	Settled     bool      `json:"settled"` // it was told what became of it
	Prospect    string    `json:"prospect,omitempty"`
	Event       string    `json:"event"`
}

// viewDay shows how far a day's plan has come.
func (s *server) viewDay(d dayOfRep, p projections.DayPlan) (todayView, error) {
	v := todayView{
		Position: d.position, Rep: d.rep, Day: d.day, Working: len(d.working.Spans(d.day)) > 0, Steps: []stepView{},
		Appointments: []appointmentView{}, LeftOut: []omittedView{},
	}
	for _, l := range p.LeftOut {
		def, _ := metric.Find(l.Metric)
		v.LeftOut = append(v.LeftOut, omittedView{l.Kind, l.Metric, l.Goal, l.Count.Float64(), l.Reason, today.Left(l, def.Noun)})
	}
	for _, m := range d.agenda {
		v.Appointments = append(v.Appointments, appointmentView{m.ID, m.Begins, d.ends(m).UTC(), d.settled(m.ID), m.Prospect, eventPath(m.Event)})
	}
	if p.Set {
		at := p.At.UTC()
		v.SetAt = &at
	}
	touches, err := s.touches(d, p)
	if err != nil {
		return v, err
	}
	titles, err := s.goalTitles(d, p)
	if err != nil {
		return v, err
	}
	kept, err := s.minutesKept(d, p)
	if err != nil {
		return v, err
	}
	for _, step := range p.Steps {
		_, byHand := p.Done[step.Step]
		counted := d.counts[step.Metric]
		if step.Kind == today.Keep {
			counted = kept[step.Timeblock]
		}
		progress := today.Tick(step, counted, touches, byHand)
		if progress.Whole {
			v.Done++
		}
		v.Steps = append(v.Steps, viewStep(d, step, progress, titles[step.Goal]))
	}
	switch {
	case len(v.Steps) > 0:
		v.Sentence = fmt.Sprintf("%d of %d steps done", v.Done, len(v.Steps))
	case !v.Working && len(d.blocks) == 0:
		v.Sentence = "No working hours today"
	case len(v.LeftOut) > 0:
		v.Sentence = "The hours left of today hold nothing more"
	default:
		v.Sentence = "Nothing is asked for today: set a goal or adopt a plan"
	}
	return v, nil
}

func eventPath(id string) string { return "/v1/events/" + url.PathEscape(id) }

// touches reads what happened with the people of the plan on its day.
func (s *server) touches(d dayOfRep, p projections.DayPlan) ([]today.Touch, error) {
	q := projections.TouchQuery{Org: d.caller.Org, Day: d.day}
	var touches []today.Touch
	for _, step := range p.Steps {
		for _, item := range step.Items {
			slot, known := d.slots[item.Appointment]
			switch {
			case step.Kind != today.Hold && step.Kind != today.Settle:
				q.Prospects = append(q.Prospects, item.Prospect)
			case known && slot.Inert:
				touches = append(touches, today.Touch{Appointment: item.Appointment, Type: events.TypeAppointmentCancelled})
			case known && !slot.Open:
				touches = append(touches, today.Touch{Appointment: item.Appointment, Type: events.TypeAppointmentHeld})
			case known && (d.calendar.DayOf(slot.From) != d.day || step.Kind == today.Settle && slot.To.After(d.now)):
				touches = append(touches, today.Touch{Appointment: item.Appointment, Type: events.TypeAppointmentRescheduled})
			}
		}
	}
	if len(q.Prospects) == 0 {
		return touches, nil
	}
	rows, err := s.deps.Prospects.Touches(d.ctx(), q)
	if err != nil {
		return nil, err
	}
	for _, t := range rows {
		touches = append(touches, today.Touch{Prospect: t.Prospect, Type: t.Type, At: t.At})
	}
	return touches, nil
}

// goalTitles returns what people call the goals of a day's steps.
func (s *server) goalTitles(d dayOfRep, p projections.DayPlan) (map[string]string, error) {
	titles := map[string]string{}
	if !slices.ContainsFunc(p.Steps, func(s events.Step) bool { return s.Goal != "" }) {
		return titles, nil
	}
	all, err := s.desk(d.ask).Goals(d.ctx(), d.caller.Org)
	for _, g := range all {
		titles[g.ID] = goals.Title(g, d.day)
	}
	return titles, err
}

// minutesKept returns how long the blocks of a day's steps were spent on what they are for, by their ids.
func (s *server) minutesKept(d dayOfRep, p projections.DayPlan) (map[string]float64, error) {
	kept := map[string]float64{}
	if !slices.ContainsFunc(p.Steps, func(s events.Step) bool { return s.Kind == today.Keep }) {
		return kept, nil
	}
	acts, err := s.acts(d.ask, d.rep, span{d.day, d.day + 1})
	for _, b := range timeblocks.Keep(d.blocks, acts).Blocks {
		kept[b.Block] += b.Spent.Minutes()
	}
	return kept, err
}

func viewStep(d dayOfRep, step events.Step, p today.Progress, goal string) stepView {
	def, _ := metric.Find(step.Metric)
	v := stepView{
		Step: step.Step, Kind: cmp.Or(step.Kind, today.Activity), Text: today.Words(step, def.Noun), Metric: step.Metric,
		Before: step.Before, Goal: step.Goal, Count: step.Count.Float64(), Done: p.Done, Ticked: p.Whole, By: p.By,
		Why: today.Why(step, cmp.Or(goal, step.Goal)), From: step.From, Block: step.Timeblock, Length: step.Minutes,
	}
	if step.Goal != "" {
		v.Pace = "/v1/goals/" + url.PathEscape(step.Goal) + "/pace"
	}
	if step.Metric != "" {
		query := url.Values{"metric": {step.Metric}, "rep": {d.rep}}
		v.Events = eventsLink("/v1/events", span{d.day, d.day + 1}, query)
	}
	if over := d.unsettled(step, p); len(over) > 0 && step.Kind == today.Hold {
		settle := events.Step{Kind: today.Settle, Count: events.Decimal(len(over)) * events.Scale, Items: over}
		v.Why = today.Words(settle, "") + ": held, no-show, put off or called off?"
	}
	for i, item := range step.Items {
		view := itemView{
			Prospect: item.Prospect, Appointment: item.Appointment, At: item.At, Event: eventPath(item.Event), Ticked: p.Items[i],
		}
		if item.Prospect != "" {
			view.Events = "/v1/events?prospect=" + url.QueryEscape(item.Prospect)
		}
		v.Items = append(v.Items, view)
	}
	return v
}

// unsettled returns the appointments of a step that are over by now, and nobody said what became of them.
func (d dayOfRep) unsettled(step events.Step, p today.Progress) (over []events.StepFor) {
	for i, item := range step.Items {
		if slot, known := d.slots[item.Appointment]; known && !p.Items[i] && !slot.To.After(d.now) {
			over = append(over, item)
		}
	}
	return over
}
