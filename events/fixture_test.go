package events

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Fixtures are only ever added to: -add writes those that are not there yet and never touches the others.
var add = flag.Bool("add", false, "write recorded fixtures that do not exist yet")

// submitted returns the fixture of a type as a caller would send it.
func submitted(tb testing.TB, typ string) []byte {
	tb.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", typ+".v1.json"))
	if err != nil {
		tb.Fatal(err)
	}
	return body
}

// parsed returns the fixture of a type as a draft.
func parsed(tb testing.TB, typ string) Draft {
	tb.Helper()
	d, violations := ParseStructured(submitted(tb, typ))
	if violations != nil {
		tb.Fatalf("%s: %+v", typ, violations)
	}
	return d
}

// recorded makes of a draft what a recorder would, with fixed stand-ins for its keyed hashes and its sealing.
func recorded(d Draft) Event {
	public, private, person := d.Split()
	e := Event{
		ID: d.ID, Source: d.Source, Type: d.Type, Org: "example", Rep: d.Rep, Team: d.Team,
		Time: d.Time, RecordedAt: time.Date(2026, 3, 9, 12, 0, 0, 123456000, time.UTC),
		DataVersion: Version(d.Type), Data: public, Digest: "00112233445566778899aabbccddeeff",
	}
	if d.Subject != "" || person != (Person{}) {
		e.Prospect = "p_0123456789abcdefghijklmnop"
	}
	if person.Phone != "" && person.Email != "" {
		e.Aliases = []string{"p_aaaaaaaaaaaaaaaaaaaaaaaaaa", "p_bbbbbbbbbbbbbbbbbbbbbbbbbb"}
	}
	if private != nil {
		e.Sealed = "c2VhbGVk"
	}
	return e
}

func TestEveryTypeHasFixturesThatStand(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ, func(t *testing.T) {
			want := recorded(parsed(t, typ))
			wire, err := Encode(want)
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", typ+".v1.recorded.json")
			golden, err := os.ReadFile(path)
			if os.IsNotExist(err) && *add {
				golden = append(bytes.Clone(wire), '\n')
				err = os.WriteFile(path, golden, 0o644)
			}
			if err != nil {
				t.Fatal(err)
			}
			if Version(typ) == 1 { // later versions have fixtures of their own
				if diff := cmp.Diff(strings.TrimSuffix(string(golden), "\n"), string(wire)); diff != "" {
					t.Errorf("recorded form changed (-fixture +now):\n%s", diff)
				}
			}
			got, err := Decode(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFixturesAreOfKnownTypesAndAllRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 2*len(Types()) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		typ, _, _ := strings.Cut(filepath.Base(path), ".v1.")
		if !Known(typ) {
			t.Errorf("%s: fixture of an unknown type: types are never taken away", path)
		}
		if !strings.HasSuffix(path, ".recorded.json") {
			continue
		}
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		e, err := Decode(body)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if _, err := Facts(e); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A field that no fixture has would be tested by nobody.
func TestFixturesUseEveryField(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ, func(t *testing.T) {
			var body struct{ Data json.RawMessage }
			if err := json.Unmarshal(submitted(t, typ), &body); err != nil {
				t.Fatal(err)
			}
			exclusive := map[string][]string{
				TypeGoalSet: {"weights"}, TypeGoalRevised: {"markers"}, // a curve has one of them
				// These came after the fixture.
				TypeProspectErased: {"prospects"}, TypeDayplanSet: {"left_out"}, TypeOrgConfigured: {"income_producing", "team_changes", "teamless"},
				TypeReviewCompleted: {"owner_kind", "owner"}, TypeReviewSkipped: {"owner_kind", "owner"},
				TypeRoutineSet: {"owner_kind", "owner"}, TypeHassleRaised: {"owner_kind", "owner"},
			}
			for _, name := range known().byType[typ].payload.names() {
				if !slices.Contains(exclusive[typ], name) && !bytes.Contains(body.Data, []byte(`"`+name+`":`)) {
					t.Errorf("no %s", name)
				}
			}
		})
	}
}

func TestNothingPrivateIsPublic(t *testing.T) {
	for _, typ := range Types() {
		t.Run(typ, func(t *testing.T) {
			d := parsed(t, typ)
			public, private, _ := d.Split()
			wire, err := Encode(recorded(d))
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"Ada", "ada@", "+41", "crm-1001", "Sample", "Bo ", "house", "House", "Example Works", "meet.example"} {
				if bytes.Contains(wire, []byte(secret)) {
					t.Errorf("%q stands in clear in %s", secret, wire)
				}
			}
			if private == nil {
				return
			}
			whole, err := Merge(public, private)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(d.Data), string(whole)); diff != "" {
				t.Errorf("split and merged (-before +after):\n%s", diff)
			}
		})
	}
}
