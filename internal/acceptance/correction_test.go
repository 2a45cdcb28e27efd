package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestCorrections voids and amends right after recording, before the projection may have seen what is corrected.
func TestCorrections(t *testing.T) {
	t.Parallel()
	p, server := startAllInOne(t, t.TempDir())
	defer server.stop()
	_, recorded := p.record(
		call("a", "ann", "2024-05-06", "conversation"), call("b", "ann", "2024-05-06", "conversation"),
		call("c", "ann", "2024-05-06", "conversation"),
		`{"specversion":"1.0","id":"early","source":"/test","type":"event.voided","data":{"event":"d","reason":"came too early"}}`)
	voided := p.correct("a:void", recorded.Position, `{"reason":"test call"}`, http.StatusAccepted)
	again := p.correct("a:void", 0, `{"reason":"test call"}`, http.StatusOK)
	if again.Position != voided.Position {
		t.Errorf("voided at %d, then at %d", voided.Position, again.Position)
	}
	p.correct("a:void", voided.Position, `{"reason":"another"}`, http.StatusConflict)
	p.correct("nothing:void", 0, `{"reason":"x"}`, http.StatusNotFound)
	p.correct(voided.Results[0].ID+":void", voided.Position, `{"reason":"x"}`, http.StatusConflict)
	right := `{"reason":"wrong rep","event":{"rep":"bob","data":{"direction":"outbound","outcome":"voicemail"}}}`
	amended := p.correct("b:amend", recorded.Position, right, http.StatusAccepted)
	if len(amended.Results) != 2 || amended.Results[1].Position != amended.Results[0].Position+1 {
		t.Fatalf("amended: %+v, want two events side by side", amended)
	}
	p.correct("b:amend", 0, right, http.StatusOK)
	p.correct("b:amend", amended.Position, right, http.StatusOK)
	p.correct("b:amend", 0, strings.Replace(right, "bob", "cyd", 1), http.StatusConflict)
	_, late := p.record(call("d", "ann", "2024-05-06", "conversation")) // was voided before it came
	for query, want := range map[string]uint64{"": 2, "&rep=ann": 1, "&rep=bob": 1} {
		if n := p.count(late.Position, "metric=calls&from=2024-05-06&to=2024-05-06"+query); n != want {
			t.Errorf("%d calls %s, want %d", n, query, want)
		}
	}
	for id, want := range map[string]string{
		"a": "recorded voided", "b": "recorded voided amended", "d": "voided recorded", "c": "recorded",
		amended.Results[1].ID: "amends recorded",
	} {
		var answer struct {
			History []struct {
				What  string
				Event struct {
					RecordedBy string `json:"recorded_by"`
					Data       struct{ Reason string }
				}
			}
		}
		p.ask("/v1/events/"+id, &answer)
		var got []string
		for _, s := range answer.History {
			got = append(got, s.What)
			if id != "d" && s.What == "voided" && (s.Event.RecordedBy == "" || s.Event.Data.Reason == "") {
				t.Errorf("the void of %s does not say why and by whom: %+v", id, s)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("history of %s is %q, want %q", id, got, want)
		}
	}
}

// correct voids or amends an event once a position is known.
func (p product) correct(path string, position uint64, body string, want int) batchAnswer {
	p.t.Helper()
	status, answer := p.do("POST", fmt.Sprintf("%s/v1/events/%s?min_position=%d", p.api, path, position), "application/json", []byte(body))
	if status != want {
		p.t.Fatalf("POST /v1/events/%s %s: %d %s, want %d", path, body, status, answer, want)
	}
	var out batchAnswer
	if err := json.Unmarshal(answer, &out); err != nil {
		p.t.Fatalf("POST /v1/events/%s: %s", path, answer)
	}
	return out
}
