package api

import (
	"cmp"
	"fmt"
	"net/url"
	"time"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/internal/metric"
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
	Appointments []appointmentView `json:"appointments"`
	Sentence     string            `json:"sentence"`
}

type stepView struct {
	Step   string     `json:"step"`
	Kind   string     `json:"kind"`
	Text   string     `json:"text"`
	Metric string     `json:"metric,omitempty"`
	Before string     `json:"before,omitempty"`
	Goal   string     `json:"goal,omitempty"`
	Count  float64    `json:"count"`
	Done   float64    `json:"done"`
	Ticked bool       `json:"ticked"`
	By     string     `json:"by,omitempty"` // events or hand
	Items  []itemView `json:"items,omitempty"`
	Events string     `json:"events,omitempty"` // where the events behind done are
}

type itemView struct {
	Prospect string `json:"prospect"`
	Event    string `json:"event"`  // address of the event that calls for the step
	Events   string `json:"events"` // where everything about the person is
	Ticked   bool   `json:"ticked"`
}

type appointmentView struct {
	Appointment string    `json:"appointment"`
	Begins      time.Time `json:"begins"`
	Prospect    string    `json:"prospect,omitempty"`
	Event       string    `json:"event"`
}

// viewDay shows how far a day's plan has come.
func (s *server) viewDay(d dayOfRep, p projections.DayPlan) (todayView, error) {
	v := todayView{
		Position: d.position, Rep: d.rep, Day: d.day, Working: len(d.working.Spans(d.day)) > 0, Steps: []stepView{},
		Appointments: []appointmentView{},
	}
	for _, m := range d.agenda {
		v.Appointments = append(v.Appointments, appointmentView{m.ID, m.Begins, m.Prospect, eventPath(m.Event)})
	}
	if p.Set {
		at := p.At.UTC()
		v.SetAt = &at
	}
	touches, err := s.touches(d, p)
	if err != nil {
		return v, err
	}
	for _, step := range p.Steps {
		_, byHand := p.Done[step.Step]
		progress := today.Tick(step, d.counts[step.Metric], touches, byHand)
		if progress.Whole {
			v.Done++
		}
		v.Steps = append(v.Steps, viewStep(d, step, progress))
	}
	switch {
	case len(v.Steps) > 0:
		v.Sentence = fmt.Sprintf("%d of %d steps done", v.Done, len(v.Steps))
	case !v.Working:
		v.Sentence = "No working hours today"
	default:
		v.Sentence = "Nothing is asked for today: set a goal or adopt a plan"
	}
	return v, nil
}

func eventPath(id string) string { return "/v1/events/" + url.PathEscape(id) }

// touches reads what happened with the people of the plan on its day.
func (s *server) touches(d dayOfRep, p projections.DayPlan) ([]today.Touch, error) {
	q := projections.TouchQuery{Org: d.caller.Org, Day: d.day}
	for _, step := range p.Steps {
		for _, item := range step.Items {
			q.Prospects = append(q.Prospects, item.Prospect)
		}
	}
	if len(q.Prospects) == 0 {
		return nil, nil
	}
	rows, err := s.deps.Prospects.Touches(d.ctx(), q)
	if err != nil {
		return nil, err
	}
	var touches []today.Touch
	for _, t := range rows {
		touches = append(touches, today.Touch(t))
	}
	return touches, nil
}

func viewStep(d dayOfRep, step events.Step, p today.Progress) stepView {
	def, _ := metric.Find(step.Metric)
	v := stepView{
		Step: step.Step, Kind: cmp.Or(step.Kind, today.Activity), Text: today.Words(step, def.Noun), Metric: step.Metric,
		Before: step.Before, Goal: step.Goal, Count: step.Count.Float64(), Done: p.Done, Ticked: p.Whole, By: p.By,
	}
	if step.Metric != "" {
		query := url.Values{"metric": {step.Metric}, "rep": {d.rep}}
		v.Events = eventsLink("/v1/events", span{d.day, d.day + 1}, query)
	}
	for i, item := range step.Items {
		v.Items = append(v.Items, itemView{
			Prospect: item.Prospect, Event: eventPath(item.Event), Events: "/v1/events?prospect=" + url.QueryEscape(item.Prospect),
			Ticked: p.Items[i],
		})
	}
	return v
}
