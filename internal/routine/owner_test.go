package routine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"milemarker/events"
)

func team(name string) events.Owner { return events.Owner{OwnerKind: events.OwnerTeam, Owner: name} }

var org = events.Owner{OwnerKind: events.OwnerOrg}

func TestHolds(t *testing.T) {
	const held = `{"rhythm":"weekly","day":"2026-03-08"}`
	holds := func(b Book, o events.Owner) []Rhythm {
		rhythms, _ := b.Holds(o)
		return rhythms
	}
	b := book(t, [3]string{"review.completed", "2026-03-06T15:00:00Z", held})
	if diff := cmp.Diff([]Rhythm{Weekly}, holds(b, OfRep("ann"))); diff != "" {
		t.Error(diff)
	}
	b = book(
		t, [3]string{"review.completed", "2026-03-06T15:00:00Z", held},
		[3]string{"routine.set", "2026-03-06T15:00:00Z", `{"rhythms":["morning","monthly"]}`},
	)
	if diff := cmp.Diff([]Rhythm{Morning, Monthly}, holds(b, OfRep("ann"))); diff != "" {
		t.Error(diff)
	}
	b = book(t, [3]string{"routine.set", "2026-03-06T15:00:00Z", `{}`})
	if len(holds(b, OfRep("ann"))) != 0 || len(b.Owners()) != 1 {
		t.Errorf("a routine that rests: %q of %q", holds(b, OfRep("ann")), b.Owners())
	}
}

// The org reviews its quarters, team north each week, and ann of north each morning; bo is of north too, cy of south, and
// dee of no team.
func TestRoutineFallsBack(t *testing.T) {
	set := func(data string) [3]string { return [3]string{"routine.set", "2026-03-02T09:00:00Z", data} }
	b := book(
		t, set(`{"owner_kind":"org","rhythms":["quarterly"]}`), set(`{"owner_kind":"team","owner":"north","rhythms":["weekly"]}`),
		set(`{"rhythms":["morning"]}`),
	).WithTeams(map[string]string{"ann": "north", "bo": "north", "cy": "south"})
	for _, c := range []struct {
		owner events.Owner
		want  Rhythm
		by    events.Owner
	}{
		{OfRep("ann"), Morning, OfRep("ann")},
		{OfRep("bo"), Weekly, team("north")},
		{OfRep("cy"), Quarterly, org},
		{OfRep("dee"), Quarterly, org},
		{team("north"), Weekly, team("north")},
		{team("south"), Quarterly, org},
		{org, Quarterly, org},
	} {
		if got, by := b.Holds(c.owner); len(got) != 1 || got[0] != c.want || by != c.by {
			t.Errorf("%s holds %q by %v, want %s by %v", OwnerWords(c.owner), got, by, c.want, c.by)
		}
	}
	var all []string
	for _, o := range b.Owners() {
		all = append(all, OwnerWords(o))
	}
	if diff := cmp.Diff([]string{"the org", "ann", "bo", "cy", "team north", "team south"}, all); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ann", "bo"}, b.Members(team("north"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"ann", "bo", "cy"}, b.Members(org)); diff != "" {
		t.Error(diff)
	}
	if b.Lead(team("north")) != "ann" || b.Lead(team("south")) != "" || b.Lead(OfRep("cy")) != "cy" {
		t.Errorf("led by %q, %q, %q", b.Lead(team("north")), b.Lead(team("south")), b.Lead(OfRep("cy")))
	}
}

// What was chosen on Tuesday asks for no review that was due on Monday; the next one is asked for.
func TestNothingIsOverdueFromBefore(t *testing.T) {
	b := book(t, [3]string{"routine.set", "2026-03-17T09:00:00Z", `{"owner_kind":"team","owner":"north","rhythms":["weekly"]}`})
	w := working(t)
	for now, want := range map[string]State{
		"2026-03-17T10:00:00Z": Open, "2026-03-20T10:00:00Z": Open, "2026-03-23T17:00:00Z": Overdue,
	} {
		if d, _ := b.Current(team("north"), Weekly, w, at(t, now)); d.State != want {
			t.Errorf("at %s it is %s, want %s", now, d.State, want)
		}
	}
}

// A team's review is not that of its lead, nor the other way round.
func TestTeamsReview(t *testing.T) {
	b := book(
		t,
		[3]string{"review.completed", "2026-03-06T15:00:00Z", `{"rhythm":"weekly","day":"2026-03-08","owner_kind":"team","owner":"north","promises":[{"promise":"t1","text":"One list"}]}`},
		[3]string{"review.completed", "2026-03-06T16:00:00Z", `{"rhythm":"weekly","day":"2026-03-08","promises":[{"promise":"a1","text":"Ten visits"}]}`},
		[3]string{"hassle.raised", "2026-03-09T16:00:00Z", `{"hassle":"h1","text":"No car","owner_kind":"team","owner":"north"}`},
		[3]string{"hassle.raised", "2026-03-09T16:00:00Z", `{"hassle":"h2","text":"Old numbers"}`},
	).WithTeams(map[string]string{"ann": "north", "bo": "north"})
	due, _ := b.Current(team("north"), Weekly, working(t), at(t, "2026-03-13T12:00:00Z"))
	a := Fill(b, team("north"), due, []Goal{{ID: "g", Title: "Calls", Status: "on_track", Sentence: "So far."}}, nil)
	a.Add(b, "ann", Done, []Goal{{ID: "x", Title: "Visits", Status: "at_risk", Sentence: "Two."}}, []Number{{Title: "Calls", Value: "4", Before: "5"}})
	a.Add(b, "bo", "", nil, nil)
	if len(a.Promises) != 1 || a.Promises[0].ID != "t1" || len(a.Hassles) != 1 || a.Hassles[0].ID != "h1" || a.Lead != "ann" || a.Owner != "team/north" {
		t.Errorf("%+v", a)
	}
	if m := a.Members[0]; len(a.Members) != 2 || len(m.Promises) != 1 || m.Promises[0].ID != "a1" || len(m.Hassles) != 1 || m.Hassles[0].ID != "h2" {
		t.Errorf("%+v", a.Members)
	}
	page, err := a.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{a.Markdown(), page} {
		for _, want := range []string{"Team north, led by ann", "Ten visits", "Old numbers", "Weekly review: done", "One list", "Visits"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
}

// Of an agenda a partner sees what was shared, to the letter, whatever that is.
func TestSharedWith(t *testing.T) {
	whole := full(t)
	whole.Reviews = []Line{{Title: "Weekly review, 2 to 8 March 2026", State: Done}}
	whole.Steps = []Step{{Step: "1", Says: "12 calls"}}
	section := map[string]func(Agenda) int{
		ShareGoals: func(a Agenda) int { return len(a.Goals) }, ShareNumbers: func(a Agenda) int { return len(a.Numbers) },
		SharePromises: func(a Agenda) int { return len(a.Promises) }, ShareReviews: func(a Agenda) int { return len(a.Reviews) + len(a.State) },
	}
	rapid.Check(t, func(t *rapid.T) {
		shares := rapid.SliceOfDistinct(rapid.SampledFrom(Shares()), rapid.ID).Draw(t, "shares")
		got := whole.SharedWith("bo", shares)
		for share, n := range section {
			want := 0
			if slices.Contains(shares, share) {
				want = n(whole)
			}
			if n(got) != want {
				t.Fatalf("%d of %s, want %d", n(got), share, want)
			}
		}
		body, err := json.Marshal(got)
		page, errPage := got.HTML()
		if err != nil || errPage != nil {
			t.Fatal(err, errPage)
		}
		for _, text := range []string{string(body), page, got.Markdown()} {
			for _, secret := range []string{"house by the lake", "old* numbers", "Twelve new clients", "12 calls"} {
				if strings.Contains(text, secret) {
					t.Fatalf("%q is shown: %s", secret, text)
				}
			}
			if !slices.Contains(shares, SharePromises) && strings.Contains(text, "50 calls on Tuesday") {
				t.Fatalf("a promise is shown: %s", text)
			}
		}
		if len(got.Comments) != 1 || !strings.Contains(got.Markdown(), "as shared with bo") {
			t.Fatalf("%+v", got)
		}
	})
}

func TestAgreement(t *testing.T) {
	b := book(
		t, [3]string{"partner.linked", "2026-01-02T09:00:00Z", `{"partner":"bo","shares":["goals","promises"]}`},
		[3]string{"partner.linked", "2026-02-02T09:00:00Z", `{"partner":"bo","shares":["numbers"],"ends_on":"2026-03-31"}`},
	)
	for on, want := range map[string]string{"2026-03-31": "[numbers] true", "2026-04-01": "[numbers] false"} {
		if shares, ok := b.Agreement("ann", "bo", day(t, on)); fmt.Sprint(shares, ok) != want {
			t.Errorf("on %s: %v %t, want %s", on, shares, ok, want)
		}
	}
	if _, ok := b.Agreement("bo", "ann", day(t, "2026-03-01")); ok {
		t.Error("what ann shares with bo, bo does not share with ann")
	}
}
