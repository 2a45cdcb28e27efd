package ledger_test

import (
	"testing"

	"milemarker/events"
)

func TestLastOf(t *testing.T) {
	l := startNode(t).open(t)
	of := func(org, id, typ string) events.Event {
		e := event(org, id)
		e.Type = typ
		return e
	}
	mustAppend(
		t, l, of("acme", "1", "org.configured"), of("acme", "2", "goal.set"), of("zeta", "3", "org.configured"),
		of("acme", "4", "org.configured"), of("acme", "5", "call.completed"),
	)
	for _, test := range []struct {
		org   string
		types []string
		want  events.Position
	}{
		{"acme", []string{"org.configured"}, 4},
		{"acme", []string{"goal.set", "org.configured", "goal.closed"}, 4},
		{"acme", []string{"goal.set"}, 2},
		{"zeta", []string{"goal.set", "org.configured"}, 3},
		{"zeta", []string{"goal.set"}, 0},
		{"acme", nil, 0},
	} {
		if got, err := l.LastOf(t.Context(), test.org, test.types...); got != test.want || err != nil {
			t.Errorf("%s %v: %d, %v, want %d", test.org, test.types, got, err, test.want)
		}
	}
}
