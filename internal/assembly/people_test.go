package assembly

import (
	"context"
	"errors"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/recorder"
	"milemarker/internal/vault"
)

// killed is a vault in a process that is killed before it erases anything.
type killed struct{ *vault.Vault }

func (killed) Erase(context.Context, string, string) error { return errors.New("killed") }

// A process that was killed between the event and the key's destruction is completed by the next that starts, and so is
// an erasure whose key came back with an older copy of the buckets.
func TestErasureIsCompletedAtStart(t *testing.T) {
	server, err := natsd.Start(t.Context(), natsd.Config{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	l, err := ledger.Open(context.Background(), ledger.Config{Options: server.ClientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	master := make([]byte, 32)
	s, err := NewServices(t.Context(), l, master, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	door := recorder.New(killed{s.Vault}, l, time.Now)
	draft := func(text string) events.Draft {
		t.Helper()
		d, found := events.ParseStructured([]byte(text))
		if len(found) > 0 {
			t.Fatal(found)
		}
		return d
	}
	told := draft(`{"specversion":"1.0","id":"l","source":"/t","type":"lead.captured","data":{"note":"likes tea","person":{"phone":"+12125550100"}}}`)
	receipts, err := door.Record(t.Context(), "acme", []events.Draft{told})
	if err != nil {
		t.Fatal(err)
	}
	frame, _, err := l.Get(t.Context(), receipts[0].Position)
	if err != nil {
		t.Fatal(err)
	}
	e, err := events.Decode(frame.Body)
	if err != nil {
		t.Fatal(err)
	}
	erasure := draft(`{"specversion":"1.0","id":"x","source":"/t","type":"prospect.erased","data":{"person":{"phone":"+12125550100"}}}`)
	if _, err := door.Record(t.Context(), "acme", []events.Draft{erasure}); err == nil {
		t.Fatal("an erasure that did not happen was acknowledged")
	}
	if private, err := s.People.Open(t.Context(), e); err != nil || private == nil {
		t.Fatalf("before the restart: %s, %v", private, err)
	}
	again, err := NewServices(t.Context(), l, master, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if private, err := again.People.Open(t.Context(), e); !errors.Is(err, vault.ErrErased) {
		t.Errorf("after the restart: %s, %v", private, err)
	}
	bucket, err := l.Bucket(t.Context(), "vault")
	if err != nil {
		t.Fatal(err)
	}
	keys, err := bucket.Keys(t.Context())
	if err != nil || len(keys) != 2 {
		t.Errorf("keys %v (%v), want the check value and the pepper alone", keys, err)
	}
	next, err := again.People.ProspectID(t.Context(), "acme", vault.KindPhone, "+12125550100")
	if err != nil || next == e.Prospect {
		t.Errorf("the phone is still %s (%v)", next, err)
	}
}
