package acceptance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// withPerson is a call event with private fields.
func withPerson(id, phone string) string {
	return strings.Replace(call(id, "dana", "2026-11-02", "conversation"), `"data":{`,
		fmt.Sprintf(`"data":{"note":"rang twice","person":{"name":"Ann","phone":%q},`, phone), 1)
}

// told is an event as /v1/events shows it.
type told struct {
	ID         string          `json:"id"`
	Prospect   string          `json:"prospect"`
	Sealed     bool            `json:"sealed"`
	Data       json.RawMessage `json:"data"`
	RecordedAt string          `json:"recorded_at"`
	Position   uint64          `json:"position"`
}

// allTold returns every event up to a position, by position.
func allTold(p product, upTo uint64) map[uint64]told {
	p.t.Helper()
	all := map[uint64]told{}
	for path := fmt.Sprint("/v1/events?limit=1000&min_position=", upTo); path != ""; {
		var page struct {
			Events []told `json:"events"`
			Next   string `json:"next"`
		}
		p.ask(path, &page)
		for _, e := range page.Events {
			if e.Position <= upTo {
				all[e.Position] = e
			}
		}
		path = page.Next
	}
	return all
}

// A backup is taken while events are recorded, restored into another folder, and served: everything that was
// acknowledged before is there, at its position, and belongs to the same persons.
func TestBackupAndRestore(t *testing.T) {
	data, backup := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	p, server := startAllInOne(t, data)
	const persons = 20
	acknowledged := map[string]uint64{}
	for i := range persons {
		status, answer := p.record(withPerson(fmt.Sprint("person-", i), fmt.Sprintf("+121255501%02d", i)),
			call(fmt.Sprint("plain-", i), "kim", "2026-11-03", "conversation"))
		if status >= 300 {
			t.Fatalf("record: %d", status)
		}
		for _, r := range answer.Results {
			acknowledged[r.ID] = r.Position
		}
	}
	checkpoint := filepath.Join(t.TempDir(), "checkpoint")
	milemarker(t, "audit", "checkpoint", "--data", data, "--out", checkpoint)

	// Events go on coming, each with a person of its own, until the backup is there.
	finished, stopped := make(chan struct{}), make(chan int, 1)
	recording := make(chan struct{})
	go func() {
		n := 0
		defer func() { stopped <- n }()
		for ; ; n++ {
			select {
			case <-finished:
				return
			default:
			}
			event := withPerson(fmt.Sprint("meanwhile-", n), fmt.Sprintf("+1646555%04d", n))
			status, body, err := p.try("POST", p.ingest+"/v1/events", "application/cloudevents-batch+json", []byte("["+event+"]"))
			if err != nil || status >= http.StatusMultipleChoices {
				t.Errorf("record: %d %s %v", status, body, err)
				return
			}
			if n == 20 {
				close(recording)
			}
		}
	}()
	<-recording
	says(t, milemarker(t, "backup", "--data", data, "--to", backup), "backed up to "+backup)
	close(finished)
	meanwhile := <-stopped
	says(t, refused(t, "backup", "--data", data, "--to", backup), "new or empty")

	var manifest struct{ Position uint64 }
	text, err := os.ReadFile(filepath.Join(backup, "manifest.json"))
	if err != nil || json.Unmarshal(text, &manifest) != nil {
		t.Fatalf("manifest: %s (%v)", text, err)
	}
	if manifest.Position < 2*persons+20 {
		t.Errorf("backup ends at %d, before what was acknowledged when it began", manifest.Position)
	}
	t.Logf("%d events before, %d meanwhile, backup up to position %d", 2*persons, meanwhile, manifest.Position)
	original := allTold(p, manifest.Position)
	server.stop()
	master, err := os.ReadFile(filepath.Join(data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}

	fresh := filepath.Join(t.TempDir(), "restored")
	says(t, refused(t, "restore", "--from", backup, "--data", data), "not empty")
	says(t, milemarker(t, "restore", "--from", backup, "--data", fresh), fmt.Sprint("up to position ", manifest.Position))
	if err := os.WriteFile(filepath.Join(fresh, "master.key"), master, 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, milemarker(t, "audit", "--data", fresh, "--checkpoint", checkpoint), "intact")
	restored, server := startAllInOne(t, fresh)
	if restored.key != p.key {
		t.Error("the operator's key is another")
	}
	if diff := cmp.Diff(original, allTold(restored, manifest.Position)); diff != "" {
		t.Errorf("events (-original +restored):\n%s", diff)
	}
	for id, position := range acknowledged {
		if original[position].ID != id {
			t.Errorf("%s was acknowledged at %d, where %q stands", id, position, original[position].ID)
		}
	}
	says(t, milemarker(t, "verify", "--data", fresh), fmt.Sprint(manifest.Position, " events"), " 0 differences")
	says(t, milemarker(t, "audit", "--data", fresh, "--checkpoint", checkpoint), "intact")

	// What is sent again is known, and a person is still the same: so keys and ids came along.
	_, answer := restored.record(withPerson("person-3", "+12125550103"), withPerson("again", "+12125550103"))
	if r := answer.Results; r[0].Outcome != "duplicate" || r[0].Position != acknowledged["person-3"] ||
		r[1].Outcome != "appended" || r[1].Position != manifest.Position+1 {
		t.Errorf("receipts = %+v", r)
	}
	all := allTold(restored, manifest.Position+1)
	if was, is := all[acknowledged["person-3"]], all[manifest.Position+1]; was.Prospect == "" || is.Prospect != was.Prospect || !is.Sealed {
		t.Errorf("the same person is %+v, then %+v", was, is)
	}
	server.stop()
}

// A backup is taken with no server running, with the master key; one that is damaged or cut short is refused.
func TestBackupOfAStoppedServer(t *testing.T) {
	data, backup := t.TempDir(), filepath.Join(t.TempDir(), "backup")
	p, server := startAllInOne(t, data)
	p.record(withPerson("one", "+12125550100"), call("two", "dana", "2026-11-02", "conversation"))
	server.stop()
	milemarker(t, "backup", "--data", data, "--to", backup, "--with-master-key")
	fresh := filepath.Join(t.TempDir(), "restored")
	refuse := func(want string, damage func(path string) error, name string) {
		t.Helper()
		path := filepath.Join(backup, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := damage(path); err != nil {
			t.Fatal(err)
		}
		says(t, refused(t, "restore", "--from", backup, "--data", fresh), want)
		if _, err := os.Stat(fresh); !os.IsNotExist(err) {
			t.Errorf("%s is there: %v", fresh, err)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	refuse("streams/LEDGER: damaged", func(path string) error { return os.Truncate(path, 100) }, "streams/LEDGER")
	refuse("no such file", os.Remove, "streams/KV_vault")
	refuse("cut short", os.Remove, "manifest.json")
	milemarker(t, "restore", "--from", backup, "--data", fresh)
	restored, server := startAllInOne(t, fresh)
	if n := restored.count(2, "metric=conversations&from=2026-11-02&to=2026-11-02"); n != 2 {
		t.Errorf("%d conversations, want 2", n)
	}
	says(t, milemarker(t, "verify", "--data", fresh), "2 events", " 0 differences")
	server.stop()
}
