package importer

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
)

func TestRunOverTheNetwork(t *testing.T) {
	server := newFakeServer()
	listener := httptest.NewServer(server)
	defer listener.Close()
	cfg := testConfig(t, server, days(1201))
	cfg.Client, cfg.Server = nil, listener.URL+"/base/"

	report, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := Report{
		Rows: 1201, Events: 1201, Appended: 1201,
		ByType: map[string]int{"proposal.sent": 1201}, LastPosition: 1201,
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("first run (-want +got):\n%s", diff)
	}
	if server.requests != 3 {
		t.Errorf("%d requests, want 3 of at most %d events", server.requests, batchEvents)
	}

	ids := slices.Sorted(maps.Keys(server.stored))
	report, err = Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	want.Appended, want.Duplicate = 0, 1201
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("second run (-want +got):\n%s", diff)
	}
	if again := slices.Sorted(maps.Keys(server.stored)); !slices.Equal(ids, again) {
		t.Error("the second run sent other ids")
	}
	if read(t, cfg.CSV+".progress")+read(t, cfg.CSV+".rejected.csv") != "" {
		t.Error("a run without rejects leaves files")
	}
}

func TestRunKeepsWhatIsBad(t *testing.T) {
	server := newFakeServer()
	server.stored["p-clash"] = stored{position: 1, body: "something else"}
	server.refused["p-denied"] = "belongs to nobody"
	cfg := testConfig(t, server, lines(
		"id,day,extra", "ok,2026-01-01,", "clash,2026-01-02,\"two\nlines\"", "denied,2026-01-03,", "late,someday,", "short,2026-01-05",
	))
	write(t, cfg.CSV+".rejected.csv", "left by an earlier run\n")

	report, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	want := Report{
		Rows: 5, Events: 3, Appended: 1, Conflict: 1, Rejected: 3,
		ByType: map[string]int{"proposal.sent": 3}, LastPosition: 2,
	}
	if diff := cmp.Diff(want, report); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	rejected := lines(
		`line,reason,id,day,extra`,
		`3,"proposal.sent: conflict: id ""p-clash"" stands at position 1 with other content",clash,2026-01-02,"two`, `lines"`,
		`5,proposal.sent: rejected by the server: /subject: belongs to nobody,denied,2026-01-03,`,
		`6,"proposal.sent: time: ""someday"" is not written like 2006-01-02",late,someday,`,
		`7,2 fields where the header has 3,short,2026-01-05`,
	)
	if diff := cmp.Diff(rejected, read(t, cfg.CSV+".rejected.csv")); diff != "" {
		t.Errorf("rejected file (-want +got):\n%s", diff)
	}
}

// TestRunResumes cuts a run off at every request in turn: what follows must end as if nothing had happened.
func TestRunResumes(t *testing.T) {
	csv := days(2600) + "bad,day\n" + strings.TrimPrefix(days(700), "id,day\n")
	whole := newFakeServer()
	cfg := testConfig(t, whole, csv)
	wanted, err := Run(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	wantedRejects := read(t, cfg.CSV+".rejected.csv")

	for cut := 1; cut <= 7; cut++ {
		server := newFakeServer()
		cfg := testConfig(t, server, csv)
		ctx, cancel := context.WithCancel(t.Context())
		server.before = func(_ http.ResponseWriter, request int) bool {
			if request == cut {
				cancel()
			}
			return false // recorded all the same: the answer is what gets lost
		}
		report, err := Run(ctx, cfg)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("cut at %d: got %v, %v", cut, report, err)
		}
		server.before = nil
		report, err = Run(t.Context(), cfg)
		if err != nil {
			t.Fatalf("cut at %d: %v", cut, err)
		}
		report.Appended, report.Duplicate = report.Appended+report.Duplicate, 0
		want := wanted
		want.Appended, want.Duplicate = want.Appended+want.Duplicate, 0
		if diff := cmp.Diff(want, report); diff != "" {
			t.Errorf("cut at %d: report (-want +got):\n%s", cut, diff)
		}
		if diff := cmp.Diff(wantedRejects, read(t, cfg.CSV+".rejected.csv")); diff != "" {
			t.Errorf("cut at %d: rejected file (-want +got):\n%s", cut, diff)
		}
		if got, want := ids(server), ids(whole); !slices.Equal(got, want) {
			t.Errorf("cut at %d: %d ids stored, want %d", cut, len(got), len(want))
		}
		if read(t, cfg.CSV+".progress") != "" {
			t.Errorf("cut at %d: the progress file stayed", cut)
		}
	}
}

func ids(s *fakeServer) []string { return slices.Sorted(maps.Keys(s.stored)) }

// TestRunGoesOnBehindConfirmedRows fails one request for good: rows behind it do not count as confirmed, whatever became
// of their own requests, and confirmed rows are not sent again.
func TestRunGoesOnBehindConfirmedRows(t *testing.T) {
	server := newFakeServer()
	cfg := testConfig(t, server, days(3000))
	server.before = func(w http.ResponseWriter, request int) bool {
		if request == 6 { // the last: the five before it may be confirmed
			w.WriteHeader(http.StatusForbidden)
		}
		return request == 6
	}
	report, err := Run(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "send: 403 Forbidden") {
		t.Fatalf("got %v", err)
	}
	confirmed, rest := report.Rows, 3000-report.Rows
	if confirmed%batchEvents != 0 || rest == 0 {
		t.Fatalf("%d rows confirmed", confirmed)
	}
	server.before, server.requests = nil, 0
	if report, err = Run(t.Context(), cfg); err != nil || report.Rows != 3000 || len(server.stored) != 3000 {
		t.Fatalf("got %v, %v, %d stored", report, err, len(server.stored))
	}
	if want := rest / batchEvents; server.requests != want {
		t.Errorf("%d requests for the rest, want %d", server.requests, want)
	}
}

func TestRunStartsAnewWhenSomethingChanged(t *testing.T) {
	for name, change := range map[string]func(cfg *Config){
		"file":             func(cfg *Config) { write(t, cfg.CSV, days(3001)) },
		"mapping":          func(cfg *Config) { write(t, cfg.Mapping, good+"\n") },
		"server":           func(cfg *Config) { cfg.Server = "http://other.example/base" },
		"nothing readable": func(cfg *Config) { write(t, cfg.CSV+".progress", "{") },
	} {
		t.Run(name, func(t *testing.T) {
			server := newFakeServer()
			cfg := testConfig(t, server, days(3000))
			// Progress that claims more than there is: it would leave rows out if it were believed.
			in, err := open(cfg)
			if err != nil {
				t.Fatal(err)
			}
			_ = in.file.Close()
			p := progress{Run: in.run, Rows: 2900, Report: Report{Rows: 2900}}
			if err := p.save(cfg.CSV + ".progress"); err != nil {
				t.Fatal(err)
			}
			change(&cfg)
			if _, err := Run(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			if got := len(server.stored); got < 3000 {
				t.Errorf("%d events stored, want all", got)
			}
		})
	}
}

func TestRunRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(cfg *Config, server *fakeServer)
		want   string
	}{
		{
			"wrong key", func(cfg *Config, _ *fakeServer) { cfg.Key = "mm_other" },
			"send: 401 Unauthorized: the key is unknown or revoked: make one: milemarker keys add",
		},
		{"not Milemarker", func(_ *Config, s *fakeServer) {
			s.before = func(w http.ResponseWriter, _ int) bool { _, err := io.WriteString(w, "{}"); return err == nil }
		}, "send: the server answered 0 of 3 events: is this Milemarker?"},
		{"a page", func(_ *Config, s *fakeServer) {
			s.before = func(w http.ResponseWriter, _ int) bool { _, err := io.WriteString(w, "<html>"); return err == nil }
		}, "send: read answer: invalid character '<' looking for beginning of value"},
		{"other ids", func(_ *Config, s *fakeServer) {
			s.before = func(w http.ResponseWriter, _ int) bool {
				_, err := io.WriteString(w, `{"results":[{"id":"x"},{"id":"y"},{"id":"z"}]}`)
				return err == nil
			}
		}, `the server answered for "x" where "p-r0" was sent`},
		{"moved", func(cfg *Config, s *fakeServer) {
			s.before = func(w http.ResponseWriter, _ int) bool {
				w.Header().Set("Location", "https://elsewhere.example/")
				w.WriteHeader(http.StatusPermanentRedirect)
				return true
			}
			cfg.Client.CheckRedirect = noRedirects
		}, "send: 308 Permanent Redirect"},
		{"no file", func(cfg *Config, _ *fakeServer) { cfg.CSV += ".nope" }, "CSV file: open "},
		{"no mapping", func(cfg *Config, _ *fakeServer) { cfg.Mapping += ".nope" }, "mapping: open "},
		{
			"Latin-1", func(cfg *Config, _ *fakeServer) { write(t, cfg.CSV, "id,day\nZo\xeb,2026-01-01\n") },
			"in.csv: line 2 is not UTF-8",
		},
		{"no table", func(cfg *Config, _ *fakeServer) {
			write(t, cfg.Mapping, good+"tables: { reps: { file: reps.csv, key: id } }\n")
		}, "table reps: "},
		{
			"no column", func(cfg *Config, _ *fakeServer) { write(t, cfg.CSV, "id\n1\n") },
			`line 6: there is no column "day"; the file has: id`,
		},
		{
			"no address", func(cfg *Config, _ *fakeServer) { cfg.Server = "localhost:8080" },
			`server "localhost:8080": an address such as http://127.0.0.1:8080 is needed`,
		},
		{
			"nothing", func(cfg *Config, _ *fakeServer) { *cfg = Config{} },
			"a CSV file is needed\na mapping document is needed\na writer for output and one for progress is needed\n" +
				"a clock is needed\na logger is needed\nan API key is needed\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := newFakeServer()
			cfg := testConfig(t, server, days(3))
			c.change(&cfg, server)
			report, err := Run(t.Context(), cfg)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
			if report.Appended != 0 || len(server.stored) != 0 {
				t.Errorf("something was recorded: %v", report)
			}
		})
	}
}

func TestReportSaysEverything(t *testing.T) {
	got := Report{
		Rows: 9, Skipped: 1, Events: 8, Appended: 5, Duplicate: 2, Conflict: 1, Rejected: 3,
		ByType: map[string]int{events.TypeProposalSent: 6, events.TypeSignupCompleted: 2}, LastPosition: 77,
	}.String() + "\n"
	want := lines(
		"rows 9, skipped 1, events 8, rejected 3",
		"  proposal.sent            6",
		"  signup.completed         2",
		"appended 5, duplicate 2, conflict 1, last position 77",
	)
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
