package events

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestWhatIsDeclaredIsWhole(t *testing.T) {
	for _, test := range []struct{ typ, data, want string }{
		{TypePrioritySet, `{"starts_on":"2024-01-01","ends_on":"2024-03-31","priorities":[{"priority":"a"},{"priority":"b"}]}`, ""},
		{TypePrioritySet, `{"starts_on":"2024-01-01","ends_on":"2024-03-31","priorities":[{"priority":"a"},{"priority":"b"},{"priority":"a"}]}`, "/data/priorities/2/priority"},
		{TypeOrgConfigured, `{"income_producing":{"categories":[]}}`, ""},
		{TypeOrgConfigured, `{"income_producing":{"categories":["support","admin"],"effective_on":"2024-01-01"}}`, ""},
		{TypeOrgConfigured, `{"income_producing":{}}`, "/data/income_producing/categories"},
		{TypeOrgConfigured, `{"income_producing":{"categories":["support","support"]}}`, "/data/income_producing/categories/1"},
		{TypeOrgConfigured, `{"income_producing":{"categories":["calls"]}}`, "/data/income_producing/categories/0"},
		{TypeOrgConfigured, `{"income_producing":{"categories":[],"effective_on":"2024-01-01","whole_history":true}}`, "/data/income_producing/effective_on"},
	} {
		_, found := Draft{ID: "e", Source: "/crm", Type: test.typ, Data: json.RawMessage(test.data)}.Check()
		if test.want == "" && found != nil || test.want != "" && (len(found) != 1 || found[0].Pointer != test.want) {
			t.Errorf("%s: %+v, want %q", test.data, found, test.want)
		}
	}
}

func TestOutcomesAreAll(t *testing.T) {
	for typ, name := range map[string]string{TypeCallCompleted: "outcome", TypeSignupCompleted: "role", TypeTimeLogged: "category"} {
		shape := known().byType[typ].payload
		for _, outcome := range shape.fields[shape.index[name]].enum {
			if !slices.Contains(Outcomes(), outcome) {
				t.Errorf("%s of %s is no outcome", outcome, typ)
			}
		}
	}
	if !Currency("EUR") || Currency("XYZ") || Currency("") {
		t.Error("EUR is a currency, XYZ and none are not")
	}
}
