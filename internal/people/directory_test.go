package people_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"milemarker/internal/people"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

func email(s string) people.RepIdentity { return people.RepIdentity{Kind: people.RepEmail, Value: s} }

func extension(s, provider string) people.RepIdentity {
	return people.RepIdentity{Kind: people.RepExtension, Value: s, Provider: provider}
}

func TestDirectory(t *testing.T) {
	t.Parallel()
	declared := []people.Declaration{
		{Rep: "kim", Since: day(1), Position: 1, Identities: []people.RepIdentity{
			email("Kim@Example.com"), extension("101", "aircall"), extension("9", ""),
			{Kind: people.RepPhone, Value: "+1 (212) 555-0100"},
			{Kind: people.RepName, Value: "Kim  Sample"},
		}},
		{Rep: "bo", Since: day(1), Position: 2, Identities: []people.RepIdentity{email("bo@example.com"), extension("101", "ringcentral")}},
		// Kim leaves the extension, and Bo takes it over.
		{Rep: "kim", Since: day(10), Position: 3, Identities: []people.RepIdentity{email("kim@example.com")}},
		{Rep: "bo", Since: day(10), Position: 4, Identities: []people.RepIdentity{email("bo@example.com"), extension("101", "aircall")}},
	}
	rand.New(rand.NewPCG(1, 1)).Shuffle(len(declared), func(i, j int) { declared[i], declared[j] = declared[j], declared[i] })
	d := people.NewDirectory(declared)
	for name, c := range map[string]struct {
		at   time.Time
		ids  []people.RepIdentity
		want string
	}{
		"e-mail however written":  {time.Time{}, []people.RepIdentity{email(" KIM@example.com ")}, "kim"},
		"the first that is known": {time.Time{}, []people.RepIdentity{email("x@example.com"), {}, email("bo@example.com"), email("kim@example.com")}, "bo"},
		"extension now":           {time.Time{}, []people.RepIdentity{extension("101", "aircall")}, "bo"},
		"extension then":          {day(5), []people.RepIdentity{extension("101", "Aircall")}, "kim"},
		"extension elsewhere":     {day(5), []people.RepIdentity{extension("101", "ringcentral")}, "bo"},
		"given up":                {day(12), []people.RepIdentity{extension("101", "ringcentral")}, ""},
		"before anything":         {day(1).Add(-1), []people.RepIdentity{email("kim@example.com")}, ""},
		"the very instant":        {day(10), []people.RepIdentity{extension("101", "aircall")}, "bo"},
		"for all providers":       {day(5), []people.RepIdentity{extension("9", "dialpad")}, "kim"},
		"phone by its digits":     {day(5), []people.RepIdentity{{Kind: people.RepPhone, Value: "+12125550100"}}, "kim"},
		"name":                    {day(5), []people.RepIdentity{{Kind: people.RepName, Value: "kim sample"}}, "kim"},
		"another kind":            {day(5), []people.RepIdentity{{Kind: people.RepUser, Value: "kim@example.com"}}, ""},
		"nothing":                 {day(5), nil, ""},
	} {
		got, ok := d.RepAt(c.at, c.ids...)
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s: %q, %v, want %q", name, got, ok, c.want)
		}
	}
	if got, ok := d.Rep(extension("101", "aircall")); got != "bo" || !ok {
		t.Errorf("now: %q, %v", got, ok)
	}
	if _, ok := (people.Directory{}).Rep(email("kim@example.com")); ok {
		t.Error("an empty directory knows somebody")
	}
}
