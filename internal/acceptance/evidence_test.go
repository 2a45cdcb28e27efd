package acceptance

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/events"
)

// refused runs one of the operator's commands, which must fail, and returns what it printed.
func refused(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), filepath.Join(programs, "milemarker"), args...).CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("%s: %v, want exit status 1\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// says fails the test unless the text contains every one of the parts.
func says(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in:\n%s", part, text)
		}
	}
}

// A ledger is signed and proved while it is served; then a byte of it changes on the disk.
func TestTamperEvidence(t *testing.T) {
	data := t.TempDir()
	p, server := startAllInOne(t, data)
	var lines []string
	for i := range 200 {
		lines = append(lines, call(fmt.Sprint("signed-", i), "dana", "2026-11-02", "conversation"))
	}
	if status, _ := p.record(lines...); status >= 300 {
		t.Fatalf("record: %d", status)
	}
	checkpoint := filepath.Join(t.TempDir(), "checkpoint")
	milemarker(t, "audit", "checkpoint", "--data", data, "--out", checkpoint)
	p.record(call("later", "dana", "2026-11-03", "conversation"))
	says(t, milemarker(t, "audit", "--data", data, "--checkpoint", checkpoint), "intact", "200 events")
	status, body := get(t, p.api+"/metrics", p.key)
	if status != 200 {
		t.Fatalf("metrics: %d %s", status, body)
	}
	says(t, string(body), `milemarker_events_total{outcome="appended"} 201`, "milemarker_audit_intact 1",
		"milemarker_audit_fault 0", "milemarker_quarantine_open 0", "milemarker_ledger_position 201")
	server.stop()
	public := milemarker(t, "audit", "key", "--data", data)
	says(t, milemarker(t, "audit", "--data", data, "--checkpoint", checkpoint, "--public-key", public), "intact")

	forged, err := os.ReadFile(checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "forged")
	if err := os.WriteFile(other, bytes.Replace(forged, []byte("position 200"), []byte("position 199"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	says(t, refused(t, "audit", "--data", data, "--checkpoint", other), "not a checkpoint signed with this key")

	flip(t, data, `"id":"signed-77"`)
	says(t, refused(t, "audit", "--data", data, "--checkpoint", checkpoint), "NOT INTACT", "removed at position 78", "tampered")
	// The server says so too, and what it signs from now on still bears witness.
	p, _ = startAllInOne(t, data)
	says(t, refused(t, "audit", "--data", data, "--checkpoint", checkpoint), "NOT INTACT", "removed at position 78")
	_, body = get(t, p.api+"/metrics", p.key)
	says(t, string(body), "milemarker_audit_intact 0")
}

// flip changes one byte of the text where the server keeps it on the disk.
func flip(t *testing.T, data, text string) {
	t.Helper()
	flipped := 0
	err := filepath.WalkDir(filepath.Join(data, "nats"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".blk") || !strings.Contains(path, "/LEDGER/") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if at := bytes.Index(content, []byte(text)); at >= 0 {
			content[at+len(text)-2] ^= 1
			flipped++
			return os.WriteFile(path, content, 0o600)
		}
		return nil
	})
	if err != nil || flipped != 1 {
		t.Fatalf("flipped %d: %v", flipped, err)
	}
}

// Messages that nobody can read are set aside, corrected and discarded, and the decisions outlive a restart.
func TestQuarantine(t *testing.T) {
	data, address := t.TempDir(), freeAddress(t)
	env := []string{"MILEMARKER_NATS_LISTEN=" + address, "MILEMARKER_NATS_TOKEN=secret"}
	args := []string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "error"}
	server := start(t, env, "milemarker", args...)
	base, _, _ := strings.Cut(server.ready, "/login")
	p := product{t: t, ingest: base, api: base, key: adminKey(t, data), data: data}
	good, broken := call("good", "dana", "2026-11-02", "conversation"), "{broken"
	p.record(good)

	nc, err := nats.Connect("nats://"+address, nats.Token("secret"))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	inject := func(subject, id, body string) {
		t.Helper()
		msg := &nats.Msg{Subject: subject, Header: nats.Header{"Nats-Msg-Id": {id}}, Data: []byte(body)}
		if _, err := js.PublishMsg(t.Context(), msg); err != nil {
			t.Fatal(err)
		}
	}
	own := events.Subject("main", events.TypeCallCompleted)
	inject(own, "main/lost", broken)                               // position 2
	inject(own, "main/worthless", "\x00\xff")                      // 3
	inject("ledger.nowhere", "nobodys", broken)                    // 4
	p.record(call("behind", "dana", "2026-11-02", "conversation")) // 5
	if n := p.count(5, "metric=conversations&from=2026-11-02&to=2026-11-02"); n != 2 {
		t.Errorf("%d conversations, want 2", n)
	}
	says(t, milemarker(t, "quarantine", "list", "--data", data), "ledger.nowhere", own, "open")
	says(t, milemarker(t, "quarantine", "show", "--data", data, "2"), broken, "main/lost", "readable  false")
	if raw := milemarker(t, "quarantine", "show", "--data", data, "--raw", "3"); raw != "\x00\xff" {
		t.Errorf("raw: %q", raw)
	}

	// Who is of another org sees nothing of it.
	stranger := newOrg(t, p, "acme")
	for _, path := range []string{"/v1/quarantine/2", "/v1/quarantine/4"} {
		if status, body := get(t, p.api+path, stranger.key); status != 404 {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}

	says(t, refused(t, "quarantine", "replay", "--data", data, "2"), "still cannot be read")
	event := filepath.Join(t.TempDir(), "event.json")
	write := func(text string) {
		if err := os.WriteFile(event, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"type":"call.completed","source":"/mended","rep":"dana","data":{"direction":"sideways"}}`)
	says(t, refused(t, "quarantine", "replay", "--data", data, "2", "--event", event), "cannot be taken")
	says(t, milemarker(t, "quarantine", "list", "--data", data, "--state", "open"), own)
	write(`{"type":"call.completed","source":"/mended","rep":"dana","time":"2026-11-02T18:00:00Z","data":{"direction":"outbound","outcome":"conversation","seconds":60}}`)
	says(t, milemarker(t, "quarantine", "replay", "--data", data, "2", "--event", event), "replayed as quarantine-2 at position 6")
	says(t, refused(t, "quarantine", "replay", "--data", data, "2", "--event", event), "dealt with already")
	says(t, milemarker(t, "quarantine", "discard", "--data", data, "3", "--reason", "a test of the line"), "discarded")
	says(t, milemarker(t, "quarantine", "discard", "--data", data, "4", "--reason", "not ours"), "discarded")
	says(t, refused(t, "quarantine", "replay", "--data", data, "4"), "cannot be read")
	if n := p.count(6, "metric=conversations&from=2026-11-02&to=2026-11-02"); n != 3 {
		t.Errorf("%d conversations, want 3", n)
	}
	// Should a later version read it after all, it does not count: its id is voided.
	says(t, milemarker(t, "quarantine", "show", "--data", data, "2"), "voided    lost")

	// An auditor elsewhere reads the ledger by himself, with a key of his own; messages that nobody can read are covered too.
	elsewhere, checkpoint := filepath.Join(t.TempDir(), "auditor"), filepath.Join(t.TempDir(), "checkpoint")
	direct := []string{"--data", elsewhere, "--nats-url", "nats://" + address, "--nats-token", "secret"}
	milemarker(t, append([]string{"audit", "checkpoint", "--out", checkpoint}, direct...)...)
	says(t, milemarker(t, append([]string{"audit", "--checkpoint", checkpoint}, direct...)...), "intact")

	nc.Close()
	server.stop()
	server = start(t, env, "milemarker", args...)
	says(t, milemarker(t, "quarantine", "list", "--data", data), "replayed as quarantine-2", "discarded: not ours")
	p.api, _, _ = strings.Cut(server.ready, "/login")
	_, body := get(t, p.api+"/metrics", p.key)
	says(t, string(body), "milemarker_quarantine_open 0")
	server.stop()
}
