package metric

import (
	"regexp"
	"slices"
	"testing"

	"milemarker/events"
)

func TestEveryDefinitionIsComplete(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{}
	for _, d := range All() {
		t.Run(d.Name, func(t *testing.T) {
			if !name.MatchString(d.Name) || seen[d.Name] {
				t.Errorf("name %q is malformed or taken", d.Name)
			}
			seen[d.Name] = true
			if d.Title == "" || d.Formula == "" || d.Source == "" || d.Unit == "" || len(d.Numerator) == 0 {
				t.Errorf("something is missing in %+v", d)
			}
			if plain := d.Unit != Ratio; d.Additive() != plain && d.Unit != Money {
				t.Errorf("unit %s with %d denominators", d.Unit, len(d.Denominator))
			}
			if d.Share && d.Unit != Ratio {
				t.Errorf("a share in %s", d.Unit)
			}
			if d.Additive() && d.Noun == "" {
				t.Error("can be a goal, but has no noun for its sentence")
			}
			for _, s := range slices.Concat(d.Numerator, d.Denominator) {
				for _, typ := range s.Types {
					if !events.Known(typ) {
						t.Errorf("%q is no event type", typ)
					}
				}
			}
			if found, ok := Find(d.Name); !ok || found.Title != d.Title {
				t.Errorf("Find(%q) = %v, %t", d.Name, found, ok)
			}
		})
	}
	if _, ok := Find("happiness"); ok {
		t.Error("happiness is defined")
	}
	if len(Names()) != len(seen) {
		t.Errorf("%d names, %d definitions", len(Names()), len(seen))
	}
}

func TestSelectionOpensTheEventsBehindANumber(t *testing.T) {
	for _, c := range []struct {
		metric          string
		types, outcomes []string
	}{
		{"events", nil, nil},
		{"conversations", []string{"call.completed"}, []string{"conversation"}},
		{"contact_rate", []string{"call.completed"}, nil},
		{"close_rate", []string{"proposal.declined", "signup.completed"}, nil},
		{"signups_recruit", []string{"signup.completed"}, []string{"recruit"}},
	} {
		d, _ := Find(c.metric)
		if !slices.Equal(d.Types(), c.types) || !slices.Equal(d.Outcomes(), c.outcomes) {
			t.Errorf("%s is made of %v %v, want %v %v", c.metric, d.Types(), d.Outcomes(), c.types, c.outcomes)
		}
	}
}
