package goals

import (
	"encoding/json"
	"testing"
	"time"

	"milemarker/events"
)

// Ten calls of Ann's led to one conversation before her goal began, which says little; of the others' 1,200 every second
// did. So hers is drawn towards theirs, until she adopts a plan that says what it leans on.
func TestWhyDrawsOwnRatesTowardsEverybodys(t *testing.T) {
	s := &shelf{}
	day := moment(t, "2024-02-05 10:00")
	calls := func(rep string, on time.Time, n, conversations int) {
		for i := range n {
			outcome := "no_answer"
			if i < conversations {
				outcome = "conversation"
			}
			s.do(rep, "call.completed", on, 0, events.Fact{Outcome: outcome})
		}
	}
	calls("bo", day, 400, 200)
	calls("cy", day, 400, 200)
	calls("di", day, 400, 200)
	calls("ann", day, 10, 1)
	calls("ann", moment(t, "2024-03-04 10:00"), 20, 4)
	s.tell(t, day, goal("talks", "conversations", "ann", 100, "2024-03-01", "2024-03-29"))
	now := moment(t, "2024-03-15 18:00")
	for name, known := range map[string]time.Time{"now": {}, "then": now} {
		why, err := s.desk(now).Why(t.Context(), "acme", "talks", now, known)
		if err != nil || len(why.Causes) != 2 {
			t.Fatalf("%v %+v", err, why)
		}
		rate := why.Causes[1]
		low := 0.45 // three who are all alike: a strong belief
		if name == "then" {
			low = 0.25 // one sum tells nothing of how much people differ: (1 + 10 x 601/1,210) / 20
		}
		if rate.Assumed < low || rate.Assumed > 0.5 || rate.N != 10 || rate.Weight > 0.51 ||
			rate.Source != "own rate before the goal began, drawn towards everybody's" {
			t.Errorf("known %s: %+v", name, rate)
		}
		if why.Causes[0].Part+rate.Part != why.Standing.Pace.Margin {
			t.Errorf("known %s: the parts do not add up: %+v", name, why.Causes)
		}
	}
	data, err := json.Marshal(events.PlanAdopted{
		Owner: events.Owner{OwnerKind: events.OwnerRep, Owner: "ann"}, Plan: "p", StartsOn: "2024-03-01", EndsOn: "2024-03-29",
		Activities: []events.PlannedActivity{{Metric: "calls", Per: "day", Count: 1}, {Metric: "conversations", Per: "week", Count: 1}},
		Rates:      map[string]events.Decimal{"conversations": 3000},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.told = append(s.told, events.Record{Position: 9, Event: events.Event{
		ID: "adopted", Type: events.TypePlanAdopted, Org: "acme", Time: day, RecordedAt: day, DataVersion: 1, Data: data,
	}})
	why, err := s.desk(now).Why(t.Context(), "acme", "talks", now, time.Time{})
	if err != nil || len(why.Causes) != 2 || why.Causes[1].Assumed != 0.3 || why.Causes[1].Source != "plan" {
		t.Errorf("%v %+v", err, why.Causes)
	}
}

// Of amounts, an own average of few sales is drawn towards everybody's.
func TestWhyDrawsOwnAverageTowardsEverybodys(t *testing.T) {
	s := &shelf{}
	day := moment(t, "2024-02-05 10:00")
	for i := range 44 {
		rep, amount := "bo", 100
		if i < 4 {
			rep, amount = "ann", 700
		}
		s.do(rep, "payment.received", day, 0, events.Fact{Currency: "EUR", Amount: events.Decimal(amount) * events.Scale})
	}
	s.do("ann", "payment.received", moment(t, "2024-03-04 10:00"), 0, events.Fact{Currency: "EUR", Amount: 300 * events.Scale})
	g := goal("receipts", "receipts", "ann", 10_000, "2024-03-01", "2024-03-29")
	g.Currency = "EUR"
	s.tell(t, day, g)
	now := moment(t, "2024-03-15 18:00")
	why, err := s.desk(now).Why(t.Context(), "acme", "receipts", now, time.Time{})
	if err != nil || len(why.Causes) != 2 {
		t.Fatalf("%v %+v", err, why)
	}
	// Everybody's is (4 x 700 + 40 x 100) / 44 = 154.5; four own count for 4 / 24: 700 / 6 + 154.5 x 5 / 6 = 245.5.
	if v := why.Causes[1]; v.Assumed < 245.4 || v.Assumed > 245.5 || v.N != 4 {
		t.Errorf("%+v", v)
	}
}
