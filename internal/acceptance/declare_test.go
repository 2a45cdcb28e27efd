package acceptance

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestWhatAnOrgDeclares follows what an org says about itself, on real engines and without ever naming a position: what was
// said a moment ago holds.
func TestWhatAnOrgDeclares(t *testing.T) {
	t.Parallel()
	p, server := startAllInOne(t, t.TempDir())
	p.record(call("c1", "ann", "2024-04-02", "busy"))
	zoneThenGoal(t, p)
	splitAnew(t, p)
	prioritiesComeBack(t, p)
	onlyAtTheEndpoint(t, p)
	server.stop()
}

// zoneThenGoal changes the zone and sets a goal right after, from one end of the date line to the other and back.
func zoneThenGoal(t *testing.T, p product) {
	t.Helper()
	for i, zone := range []string{"Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Kiritimati", "Pacific/Pago_Pago"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		p.change(http.MethodPut, "/v1/org", fmt.Sprintf(`{"zone":%q}`, zone))
		before := time.Now().In(loc).Format(time.DateOnly)
		position := p.change(http.MethodPost, "/v1/goals", fmt.Sprintf(`{"goal":"zone%d","metric":"calls","target":10,"ends_on":%q}`,
			i, time.Now().AddDate(0, 1, 0).Format(time.DateOnly)))
		after := time.Now().In(loc).Format(time.DateOnly)
		var got struct {
			Goal struct {
				StartsOn string `json:"starts_on"`
			}
		}
		p.ask(fmt.Sprintf("/v1/goals/zone%d?min_position=%d", i, position), &got)
		if on := got.Goal.StartsOn; on != before && on != after {
			t.Errorf("in %s a goal begins on %s, today is %s", zone, on, after)
		}
	}
	p.change(http.MethodPut, "/v1/org", `{"zone":"UTC"}`)
}

// splitAnew revises a year and splits it again, in one breath and twice.
func splitAnew(t *testing.T, p product) {
	t.Helper()
	year := time.Now().UTC().Year()
	p.change(http.MethodPost, "/v1/goals", fmt.Sprintf(`{"goal":"year","metric":"calls","target":1000,"starts_on":"%d-01-01","ends_on":"%d-12-31"}`, year, year))
	p.change(http.MethodPost, "/v1/goals/year:split", `{"into":"week"}`)
	var revised struct {
		OutOfStep []struct {
			By   float64
			Mend string
		} `json:"out_of_step"`
	}
	p.send(http.MethodPost, "/v1/goals/year:revise", `{"target":1601}`, &revised)
	if len(revised.OutOfStep) != 1 || revised.OutOfStep[0].By != -601 {
		t.Errorf("%+v", revised)
	}
	var last uint64
	for round, outcome := range []string{"appended", "duplicate"} {
		var anew struct {
			Position uint64
			Outcome  string
			Parts    []struct {
				Change string
				EndsOn string `json:"ends_on"`
				Target float64
			}
		}
		p.send(http.MethodPost, "/v1/goals/year:split", `{"into":"week"}`, &anew)
		sum, today := 0.0, time.Now().UTC().Format(time.DateOnly)
		for _, part := range anew.Parts {
			sum += part.Target
			if part.EndsOn < today && part.Change != "kept" {
				t.Errorf("the past changes: %+v", part)
			}
		}
		if sum != 1601 || anew.Outcome != outcome {
			t.Errorf("round %d: %s, parts come to %v", round, anew.Outcome, sum)
		}
		last = anew.Position
	}
	var goals struct {
		Goals []struct {
			Parent string
			Target float64
		}
	}
	p.ask(fmt.Sprintf("/v1/goals?on=%d-12-31&min_position=%d", year, last), &goals)
	sum := 0.0
	for _, g := range goals.Goals {
		if g.Parent == "year" {
			sum += g.Target
		}
	}
	if sum != 1601 {
		t.Errorf("the goals come to %v", sum)
	}
}

func prioritiesComeBack(t *testing.T, p product) {
	t.Helper()
	position := p.change(http.MethodPut, "/v1/priorities", `{"priorities":[{"priority":"a","text":"Three Werbegespräche a day"},{"priority":"b","goal":"year"}]}`)
	var got struct {
		Priorities []struct{ Priority, Text, Goal string }
	}
	p.ask(fmt.Sprintf("/v1/priorities?min_position=%d", position), &got)
	if len(got.Priorities) != 2 || got.Priorities[0].Text != "Three Werbegespräche a day" || got.Priorities[1].Goal != "year" {
		t.Errorf("%+v", got)
	}
}

// onlyAtTheEndpoint sends what can be judged by an endpoint only, with a key that may do everything.
func onlyAtTheEndpoint(t *testing.T, p product) {
	t.Helper()
	for typ, words := range map[string]string{
		`"goal.revised","data":{"goal":"year","effective_on":"2024-04-01","target":"5"}`:                                           "POST /v1/goals/{id}:revise",
		`"goal.set","data":{"goal":"x","metric":"cals","target":"5","starts_on":"2024-04-01","ends_on":"2024-04-30"}`:              `did you mean \"calls\"`,
		`"org.configured","data":{"country":"XX"}`:                                                                                 "ISO 3166",
		`"priority.set","data":{"starts_on":"2024-01-01","ends_on":"2024-03-31","priorities":[{"priority":"a"},{"priority":"b"}]}`: "PUT /v1/priorities",
	} {
		status, answer := p.do(http.MethodPost, p.ingest+"/v1/events", "application/cloudevents+json",
			[]byte(`{"specversion":"1.0","id":"raw","source":"/test","type":`+typ+`}`))
		if status != http.StatusUnprocessableEntity || !strings.Contains(string(answer), words) {
			t.Errorf("%s: %d %s", typ, status, answer)
		}
	}
}
